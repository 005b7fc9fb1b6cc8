import type { Cluster } from './clusters/cluster.ts';
import type { EntryStore } from './entries/entry-store.ts';
import type { ConnectedCluster, ReachedObjects } from './kubernetes/workloads.ts';
import type { Azure, Confirm, Reporter } from './ports.ts';
import type { Clock } from './time/clock.ts';
import type { Deadline } from './time/deadline.ts';

/** The way into the cluster's own API. */
export interface Kube {
  /**
   * Signs in before a change that takes minutes; the `objects` after it need not. What fails is told by them.
   *
   * @throws the signal's reason alone
   */
  prepare(cluster: Cluster, signal: AbortSignal): Promise<void>;
  /**
   * The objects of its pod identities, also where only a command that Azure runs in the cluster reaches them.
   *
   * @throws PodidError InvalidKubeconfig | ClusterUnreachable | Forbidden
   */
  objects(signal: AbortSignal): Promise<ReachedObjects>;
  /** The whole API. @throws PodidError as `objects` */
  connect(signal: AbortSignal): Promise<ConnectedCluster>;
}

/** All that workflows depend on; each takes what it needs: `Pick<Deps, …>`. */
export interface Deps {
  readonly azure: Azure;
  readonly entries: EntryStore;
  readonly kube: Kube;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly confirm: Confirm;
  /** Aborted with a PodidError Interrupted or Terminated as its reason. */
  readonly signal: AbortSignal;
  /** The end of `--timeout`, of the change that is under way. */
  readonly deadline: Deadline;
}
