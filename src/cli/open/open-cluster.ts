import { access } from 'node:fs/promises';
import { delimiter } from 'node:path';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import type { clusterFlags, kubeFlags } from '../flags/cluster-flags.ts';
import type { Session } from '../run/session.ts';
import { chooseCluster, resolveCluster } from './cluster-choice.ts';
import { byPublicFqdn, kubeconfigPath } from './kubeconfig-path.ts';
import { checkGlobalFlags, openAzure, openConfirm, openKube } from './open-deps.ts';
import { kubeconfigOfVariable, usualKubeconfigPath } from './usual-kubeconfig.ts';

type Flags = FlagValues<typeof clusterFlags & typeof kubeFlags> & { readonly yes?: boolean };

/** What a command works with that needs the cluster's own API and nothing of Azure. */
export type ClusterDeps = ConnectedCluster &
  Pick<Deps, 'clock' | 'report' | 'confirm'> & {
    /** What Azure says of the cluster; absent where it is reached without Azure. */
    readonly azureCluster?: (signal: AbortSignal) => Promise<Cluster>;
  };

/**
 * Reaches a cluster's API: by a kubeconfig that is named; by Azure's credentials where a cluster is named;
 * inside of a pod by its service account; else by the kubeconfig that kubectl and helm would take.
 *
 * @throws PodidError InvalidUsage with every fault of the command, before anything was sent
 */
export async function openCluster(session: Session, flags: Flags): Promise<ClusterDeps> {
  const { context, report } = session;
  checkGlobalFlags(session);
  const cluster = await connect(session, flags);
  return { ...cluster, clock: context.clock, report, confirm: openConfirm(session, flags.yes ?? false) };
}

/** What Azure says of the add-on; undefined where the cluster is reached without Azure. */
export async function addonState(
  { azureCluster }: Pick<ClusterDeps, 'azureCluster'>,
  signal: AbortSignal,
): Promise<'on' | 'off' | undefined> {
  const cluster = await azureCluster?.(signal);
  return cluster && (cluster.profile.enabled ? 'on' : 'off');
}

async function connect(
  session: Session,
  flags: Flags,
): Promise<ConnectedCluster & Pick<ClusterDeps, 'azureCluster'>> {
  const { context } = session;
  const path = await kubeconfigPath(session, flags);
  const named = [flags.clusterName, flags.clusterId, context.env['PODID_CLUSTER_NAME']].some(Boolean);
  // With an ARM endpoint of one's own KUBECONFIG leads to the cluster, and Azure knows it by its name all the same.
  const byFile = flags.kubeconfig !== undefined || flags.context !== undefined;
  if (named && (path === undefined || !byFile)) {
    return await connectThroughAzure(session, flags, path);
  }
  const host = context.env['KUBERNETES_SERVICE_HOST'];
  if (path === undefined && host) {
    session.checkUsage();
    return await connectInPod(session, host);
  }
  const usual = path ?? (await usualKubeconfig(session));
  session.checkUsage();
  // Azure is asked for nothing, unless the kubeconfig wants its sign-in.
  const azure = await openAzure(session, undefined);
  const cluster = { subscriptionId: '', resourceGroup: '', name: usual ?? '' };
  const way = { context: flags.context, cluster, kubeconfigPath: usual };
  return await openKube(session, azure, way).connect(context.signal);
}

function connectInPod({ context, report }: Session, host: string): Promise<ConnectedCluster> {
  const unasked = () => Promise.reject(new Error('A service account needs nothing of Azure.'));
  return context.connectCluster({
    inPod: { host, port: context.env['KUBERNETES_SERVICE_PORT'] ?? '443' },
    fetchUserKubeconfig: unasked,
    fetchApiServerHosts: unasked,
    entraToken: unasked,
    warn: report.warn,
    signal: context.signal,
  });
}

async function connectThroughAzure(session: Session, flags: Flags, kubeconfigPath: string | undefined) {
  const { context, faults } = session;
  const chosen = await chooseCluster(flags, context, faults);
  const publicFqdn = byPublicFqdn(session, flags);
  session.checkUsage();
  const azure = await openAzure(session, chosen.subscription);
  const cluster = await resolveCluster(chosen, azure.subscriptions, context.signal);
  if (kubeconfigPath !== undefined) {
    // The kubeconfig leads to a cluster whatever is named, so that a name that is wrong would not show.
    await azure.clusters.get(cluster, context.signal);
  }
  const connected = await openKube(session, azure, {
    cluster,
    kubeconfigPath,
    publicFqdn,
  }).connect(context.signal);
  return { ...connected, azureCluster: (signal: AbortSignal) => azure.clusters.get(cluster, signal) };
}

/** Where nobody names a cluster, what kubectl would use; which one that is, is reported. */
async function usualKubeconfig({ context, faults, report }: Session): Promise<string | undefined> {
  const path = kubeconfigOfVariable(context.env) ?? usualKubeconfigPath(context.env);
  const files = path.split(delimiter).filter((part) => part !== '');
  const found = await Promise.all(
    files.map((file) =>
      access(file).then(
        () => true,
        () => false,
      ),
    ),
  );
  if (!found.includes(true)) {
    faults.missing(
      '--kubeconfig',
      'give it, or the cluster by --resource-group and --cluster-name; there is no kubeconfig at KUBECONFIG or in ~/.kube either',
    );
    return undefined;
  }
  report.note(`Using the current context of ${path}.`);
  return path;
}
