import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { PodidError } from '../../errors/podid-error.ts';

/** What is to be done on a cluster as it is at this moment. */
export type Decision =
  /** Everything is as wanted. */
  | { readonly kind: 'nothing' }
  /** As wanted, but Azure is still at it: wait and judge. */
  | { readonly kind: 'judge'; readonly edit: ClusterEdit }
  /** These entries are on their way out and in the way; decide again when they are gone. */
  | { readonly kind: 'wait-gone'; readonly keys: readonly EntryKey[] }
  | { readonly kind: 'write'; readonly edit: ClusterEdit };

/** An intent that survives a stale read: decided anew on every fresh one. */
export interface ProfileChange {
  /** Says what the cluster lacks. @throws PodidError when the cluster's state forbids the change */
  decide(cluster: Cluster): Decision;
  /**
   * What has to hold at the moment of the write: called right before each one, on the idle cluster that it is based on.
   * @throws PodidError when it does not; then nothing is written
   */
  readonly beforeWrite?: ((cluster: Cluster) => Promise<void>) | undefined;
  /** Ids of identities whose role is so fresh that Azure may not know of it yet. */
  readonly freshlyGranted?: readonly string[];
  /** Set when the role could be neither found nor granted: reported if Azure then misses it. */
  readonly grantRefused?: Error;
}

/** What is written, and how often this command has come to nothing before. */
export interface Write {
  readonly change: ProfileChange;
  readonly edit: ClusterEdit;
  readonly tries: { transientFailures: number; assignment: number; autoscaled: number };
}

export interface ChangedProfile {
  /** As last read; under `--no-wait` as the PUT was answered. */
  readonly cluster: Cluster;
  /** Whether a PUT was sent by this command. */
  readonly wrote: boolean;
  /** Set when Azure accepted the change and an entry, or the operation, ended as Failed. */
  readonly failure?: PodidError;
}
