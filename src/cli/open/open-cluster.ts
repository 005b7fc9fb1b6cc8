import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { Clock, Confirm, Reporter } from '../../domain/ports.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import { confirmOnTerminal } from '../../terminal/ask.ts';
import type { clusterFlags, kubeFlags } from '../flags/cluster-flags.ts';
import type { Session } from '../run/session.ts';
import { chooseCluster, resolveCluster } from './cluster-choice.ts';
import { checkSignIn, connectDeps, readKubeconfigPath } from './workplace.ts';

type Flags = FlagValues<typeof clusterFlags & typeof kubeFlags> & { readonly yes?: boolean };

/** What a command stands on that needs the cluster's own API and nothing of Azure. */
export interface OpenedCluster {
  readonly cluster: ConnectedCluster;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly confirm: Confirm;
}

/**
 * Reaches a cluster's API: by a kubeconfig that is named; by Azure's credentials where a cluster is named;
 * inside of a pod by its service account; else by the kubeconfig that kubectl and helm would take.
 *
 * @throws PodidError InvalidUsage with every fault of the command, before anything was sent
 */
export async function openCluster(session: Session, flags: Flags): Promise<OpenedCluster> {
  const { context } = session;
  checkSignIn(session, flags);
  const cluster = await connect(session, flags);
  return {
    cluster,
    clock: context.clock,
    report: session.report,
    confirm: confirmOnTerminal({
      interactive: context.interactive,
      yes: flags.yes ?? false,
      signal: context.signal,
      before: session.report.stop,
      refused: () => session.report.note('Nothing was changed.'),
    }),
  };
}

async function connect(session: Session, flags: Flags): Promise<ConnectedCluster> {
  const { context } = session;
  const path = await readKubeconfigPath(session, flags);
  const named = [flags.clusterName, flags.clusterId, context.env['PODID_CLUSTER_NAME']].some(Boolean);
  if (path === undefined && named) {
    return await connectThroughAzure(session, flags);
  }
  const host = context.env['KUBERNETES_SERVICE_HOST'];
  if (path === undefined && host) {
    session.checkUsage();
    return await connectInPod(session, host);
  }
  const kubeconfigPath = path ?? (await usualKubeconfig(session));
  session.checkUsage();
  // Azure is asked for nothing, unless the kubeconfig wants its sign-in.
  const { connect: open } = await connectDeps(session, flags, {
    subscription: undefined,
    kubeconfigPath,
  });
  return await open({ subscriptionId: '', resourceGroup: '', name: kubeconfigPath ?? '' }, context.signal);
}

function connectInPod({ context, report }: Session, host: string): Promise<ConnectedCluster> {
  const unasked = () => Promise.reject(new Error('A service account needs nothing of Azure.'));
  return context.connectCluster({
    inPod: { host, port: context.env['KUBERNETES_SERVICE_PORT'] ?? '443' },
    fetchUserKubeconfig: unasked,
    entraToken: unasked,
    warn: report.warn,
    signal: context.signal,
  });
}

async function connectThroughAzure(session: Session, flags: Flags): Promise<ConnectedCluster> {
  const { context, faults } = session;
  const chosen = await chooseCluster(flags, context, faults);
  session.checkUsage();
  const { deps, connect: open } = await connectDeps(session, flags, {
    subscription: chosen.subscription,
    kubeconfigPath: undefined,
  });
  const id = await resolveCluster(chosen, deps.azure.subscriptions, context.signal);
  return await open(id, context.signal);
}

/** Where nobody names a cluster, what kubectl would use; which one that is, is said. */
async function usualKubeconfig({ context, faults, report }: Session): Promise<string | undefined> {
  const path = context.env['KUBECONFIG'] || `${homedir()}/.kube/config`;
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    faults.missing(
      '--kubeconfig',
      'give it, or the cluster by --resource-group and --cluster-name; there is no kubeconfig at KUBECONFIG or in ~/.kube either',
    );
    return undefined;
  }
  report.note(`Using the current context of ${path}.`);
  return path;
}
