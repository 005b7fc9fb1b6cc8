import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { profileStore } from '../../domain/entries/profile-store.ts';
import type { FlagValues } from '../../flags/flag-table.ts';
import type { clusterFlags } from '../flags/cluster-flags.ts';
import { checkModeFlags, inClusterMode } from '../flags/mode-flags.ts';
import type { Session } from '../run/session.ts';
import { waitTimes } from './change-options.ts';
import { chooseCluster, resolveCluster } from './cluster-choice.ts';
import { type KubeFlagValues, kubeconfigPath } from './kubeconfig-path.ts';
import { type ConfirmNeeds, checkGlobalFlags, openAzure, openConfirm, openKube } from './open-ports.ts';

/** What a command has its workflow work with; the workflow sets the end of `--timeout`. */
export type OpenedDeps = Omit<Deps, 'deadline'>;

export interface Opened {
  readonly deps: OpenedDeps;
  readonly cluster: ClusterId;
}

/** What a command needs besides Azure. */
export interface Needs {
  /** The cluster's own API: a kubeconfig is read and checked; else none is looked for. */
  readonly kube: boolean;
  /** In mode cluster a kubeconfig alone will do, without any cluster of Azure's. */
  readonly azureOptional?: boolean;
  /** Where somebody at the terminal is asked; absent: where there is one. */
  readonly confirm?: ConfirmNeeds;
}

/** Flags that some of the commands lack; those that only the profile knows are refused in mode cluster. */
type OpenFlags = FlagValues<typeof clusterFlags> &
  KubeFlagValues & {
    readonly yes?: boolean;
    readonly rawCluster?: boolean;
    readonly pollInterval?: string | undefined;
    readonly mode?: string | undefined;
    /** Of the one entry that the command is about. */
    readonly namespace?: string | undefined;
    readonly name?: string | undefined;
  };

/**
 * Checks all that is left to check, and opens what a command works with.
 *
 * @throws PodidError InvalidUsage with every fault of the command, before anything was sent
 */
export async function openDeps(session: Session, flags: OpenFlags, needs: Needs): Promise<Opened> {
  const { context, faults, report } = session;
  checkGlobalFlags(session, flags);
  checkModeFlags({ ...flags }, faults);
  const byKubeconfig = needs.azureOptional === true && isByKubeconfigAlone(flags, context.env);
  const chosen = byKubeconfig ? undefined : await chooseCluster(flags, context, faults);
  const path = needs.kube ? await kubeconfigPath(session, flags) : undefined;
  session.checkUsage();
  const azure = await openAzure(session, chosen?.subscription);
  const cluster = chosen
    ? await resolveCluster(chosen, azure.subscriptions, context.signal)
    : { subscriptionId: '', resourceGroup: '', name: flags.context ?? path ?? '' };
  const runCommand = flags.via === 'run-command' ? { runCommand: waitTimes(session, flags) } : {};
  const deps: OpenedDeps = {
    azure,
    entries: profileStore(azure.clusters),
    kube: openKube(session, azure, {
      cluster,
      kubeconfigPath: path,
      context: flags.context,
      ...runCommand,
    }),
    clock: context.clock,
    report,
    confirm: openConfirm(session, flags.yes ?? false, needs.confirm),
    signal: context.signal,
  };
  if (!inClusterMode(flags)) {
    return { deps, cluster };
  }
  const { entriesInCluster } = await import('../../workflows/object-store/entries-in-cluster.ts');
  const { namespace, name } = flags;
  const about = { ...(namespace === undefined ? {} : { namespace }), ...(name ? { name } : {}) };
  const clusterFlags = chosen ? {} : { clusterFlags: { kubeconfig: path, context: flags.context } };
  const entries = entriesInCluster(deps, { azure: chosen !== undefined, about, ...clusterFlags });
  return { deps: { ...deps, entries }, cluster };
}

/** Nothing names a cluster of Azure's, and a kubeconfig is named on purpose. */
function isByKubeconfigAlone(flags: OpenFlags, env: Session['context']['env']): boolean {
  const named =
    flags.clusterId ?? flags.clusterName ?? flags.resourceGroup ?? (env['PODID_CLUSTER_NAME'] || undefined);
  const reached = flags.via === undefined ? (flags.kubeconfig ?? flags.context) : undefined;
  return inClusterMode(flags) && named === undefined && reached !== undefined;
}
