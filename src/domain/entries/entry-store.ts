import type { Command, Literal } from '../../errors/hint.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import type { Machine } from '../azure/machines.ts';
import type { Cluster, ClusterId } from '../clusters/cluster.ts';
import type { ClusterEdit } from '../clusters/cluster-edit.ts';
import type { CommandFlags } from '../hints/next-command.ts';
import type { ObjectChange } from '../kubernetes/cluster-objects.ts';
import type { Clusters, PutAnswer, PutOptions } from '../ports.ts';
import type { EntryKey, PodIdentity } from './pod-identity.ts';
import type { ProfileEdit } from './profile-edit.ts';

/** What a write to an `EntryStore` may do and how long it may take. */
export interface StoreOptions extends PutOptions {
  /** Takes over objects that others wrote. */
  readonly force: boolean;
  readonly timeoutMs: number;
  readonly pollIntervalMs: number;
}

/** An entry that the store cannot take as things are. */
export interface RefusedEntry extends EntryKey {
  readonly kind: 'identity' | 'exception';
  readonly error: PodidError;
}

/** What writing an edit would change besides the entries themselves. */
export interface Rehearsal {
  /** Machines that lack identities of entries that are put, with what they lack. */
  readonly machines: readonly { readonly machine: Machine; readonly lacks: readonly string[] }[];
  readonly objects: readonly ObjectChange[];
  readonly refused: readonly RefusedEntry[];
}

/**
 * Where a cluster's pod identities and exceptions live: the add-on's profile in ARM, or the objects in the
 * cluster together with the identities on its nodes. Workflows know this port alone: they read, decide on
 * what they read, write that decision, and decide anew when the store says StaleCluster. Where the two
 * differ, the store is asked; nobody else knows which of them it is.
 */
export interface EntryStore {
  get: Clusters['get'];
  /**
   * The same, with the count of pods on each entry, as far as the caller may see them. Absent where Azure alone is
   * asked, which knows no pods. @param namespace undefined for all
   */
  getWithPods?(id: ClusterId, namespace: string | undefined, signal: AbortSignal): Promise<Cluster>;
  put(base: Cluster, edit: ClusterEdit, options: StoreOptions): Promise<PutAnswer>;
  follow: Clusters['follow'];
  /**
   * Before anything is created or granted for entries: whether they can be written.
   *
   * @throws PodidError when one cannot
   */
  checkWritable(base: Cluster, edit: ClusterEdit, options: StoreOptions): Promise<void>;
  /** Absent where a write changes nothing but the entries. @throws PodidError */
  rehearse?(base: Cluster, edit: ClusterEdit, options: StoreOptions): Promise<Rehearsal>;
  /**
   * Whether one write gives an entry another managed identity. Azure's profile takes none under the same
   * name; an object in the cluster does.
   */
  readonly replacesInPlace: boolean;
  /** Whether one entry whose managed identity is gone keeps every other write from being accepted. */
  readonly deadEntryBlocks: boolean;
  /** Who accepts the writes, as the subject of a sentence. */
  readonly acceptor: string;
  /** What became of an entry in a failed state, as a clause; its reason follows. */
  failureText(entry: PodIdentity): string;
  /** A podid command about these entries, for a hint; see `nextCommand`. */
  command<const Text extends string>(
    words: Text & Literal<Text>,
    cluster: ClusterId,
    flags?: CommandFlags,
  ): Command;
  /** What to type to see how the cluster stands after a write that was not finished. */
  statusCommand(cluster: ClusterId): Command;
  /** What to type to follow this write to its end. */
  followUpCommand(cluster: ClusterId, edit: ProfileEdit): Command;
}
