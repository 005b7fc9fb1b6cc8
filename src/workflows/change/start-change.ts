import {
  type ClusterDemands,
  checkCluster,
  checkClusterState,
  isBusy,
} from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { StoreOptions } from '../../domain/entries/entry-store.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import type { Hint } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { namingObjectsInCluster } from './name-objects-in-cluster.ts';

/** The flags that every changing command shares. */
export interface ChangeOptions {
  /** For the whole command. */
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
  /** `--aks-custom-headers`, checked; sent with the cluster's PUT only. */
  readonly headers: Readonly<Record<string, string>>;
  readonly dryRun: boolean;
  readonly noWait: boolean;
  readonly skipRoleAssignment: boolean;
  /** `best-effort` warns when the cluster's own API says no; `required` makes it the command's failure. */
  readonly mirror: 'off' | 'best-effort' | 'required';
  /** Lets the mirror take over objects that others wrote. */
  readonly force: boolean;
  /** `--cluster-principal-id`: settles which principal is the control plane's. */
  readonly clusterPrincipalId?: string;
}

/** What the steps of a change depend on: all that workflows do, and the options of this change. */
export type ChangeDeps = Deps & { readonly options: ChangeOptions };

/** Begins a change: `--timeout` runs from here. */
export function startChange(deps: Omit<Deps, 'deadline'>, options: ChangeOptions): ChangeDeps {
  return { ...deps, options, deadline: startDeadline(deps.clock, options.timeoutMs, deps.signal) };
}

/** What a write of this change may do, as the entry store takes it. */
export function storeOptions({ options, signal }: Pick<ChangeDeps, 'options' | 'signal'>): StoreOptions {
  return { ...options, signal };
}

/**
 * The failure to report when a wait ended: the user's interruption, the end of `--timeout`, or what really
 * went wrong.
 *
 * @param going what goes on in Azure without us, as the start of a sentence
 */
export function endOfWait(
  { options, signal, deadline }: Pick<ChangeDeps, 'options' | 'signal' | 'deadline'>,
  error: unknown,
  going: string,
  hint: Hint,
): unknown {
  if (signal.aborted && isPodidError(signal.reason)) {
    // Reported already, nearer to what was going on.
    if (error !== signal.reason && isPodidError(error, signal.reason.code)) {
      return error;
    }
    return new PodidError(signal.reason.code, `${signal.reason.message} ${going}`, { hint });
  }
  if (deadline.passed() && !isPodidError(error)) {
    const seconds = options.timeoutMs / 1000;
    return new PodidError('TimedOut', `Not finished after ${seconds} s (--timeout). ${going}`, {
      hint,
      cause: error,
    });
  }
  return error;
}

/** Reads the cluster and warns of what may stand in the way. @throws PodidError see `checkCluster` */
export async function readGatedCluster(
  deps: ChangeDeps,
  id: ClusterId,
  demands: ClusterDemands,
): Promise<Cluster> {
  const { report } = deps;
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await deps.entries.get(id, deps.signal);
  try {
    for (const warning of checkCluster(cluster, demands)) {
      report.warn(warning);
    }
  } catch (error) {
    throw isPodidError(error, 'AddonDisabled') ? await namingObjectsInCluster(deps, cluster, error) : error;
  }
  return cluster;
}

/** The same from Azure, for changes beside its pod identities: its state alone is judged. */
export async function readUsableCluster(
  { azure, report, signal }: Pick<ChangeDeps, 'azure' | 'report' | 'signal'>,
  id: ClusterId,
): Promise<Cluster> {
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await azure.clusters.get(id, signal);
  for (const warning of checkClusterState(cluster)) {
    report.warn(warning);
  }
  return cluster;
}

type ReadDeps = Pick<ChangeDeps, 'entries' | 'report' | 'deadline' | 'signal' | 'options'>;

/**
 * Reads the cluster until Azure is no longer at work on it, or the deadline has passed: then the last answer,
 * still busy.
 *
 * @throws PodidError as `Clusters.get`; Unavailable only at the deadline
 */
export async function waitUntilIdle(deps: ReadDeps, id: ClusterId): Promise<Cluster> {
  const wait = {};
  for (;;) {
    const cluster = await readWithRetry(deps, id);
    if (!isBusy(cluster) || deps.deadline.passed()) {
      return cluster;
    }
    deps.report.progress(`Azure is working on cluster ${id.name}: ${cluster.provisioningState}`, { wait });
    await deps.deadline.pause(deps.options.pollIntervalMs);
  }
}

/** A read that outlives transient failures: what Azure has accepted is not given up because a GET failed. */
export async function readWithRetry(deps: ReadDeps, id: ClusterId): Promise<Cluster> {
  const { entries, report, deadline, signal, options } = deps;
  const wait = {};
  for (;;) {
    try {
      return await entries.get(id, signal);
    } catch (error) {
      if (!isPodidError(error, 'Unavailable') || deadline.passed()) {
        throw error;
      }
      report.progress(`Azure does not answer (${error.message}); asking again`, { wait });
      await deadline.pause(options.pollIntervalMs, error.retryAfterMs);
    }
  }
}
