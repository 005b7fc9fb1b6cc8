import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { PodidError } from '../../errors/podid-error.ts';

/**
 * One line of a dry run. Roles carry the assignment's GUID as name; the add-on and the cluster have neither
 * namespace nor name.
 */
export interface Change {
  readonly action: 'add' | 'update' | 'delete';
  readonly kind:
    | 'identity'
    | 'exception'
    | 'roleAssignment'
    | 'managedIdentity'
    | 'addon'
    | 'object'
    | 'cluster'
    | 'nodePool'
    | 'machine'
    | 'federatedCredential'
    | 'tokenSource'
    | 'serviceAccount'
    | 'workload'
    | 'tokenRole';
  readonly namespace: string | null;
  readonly name: string | null;
  readonly before: unknown;
  readonly after: unknown;
  /** Of those of the plan; absent where it has none. */
  readonly step?: number;
}

/** What a dry run found: the changes, and how many PUTs of the cluster they would cost. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly puts: number;
  /**
   * Entries that are in the cluster's own objects and would not be in Azure; absent where they were not read.
   */
  readonly onlyInCluster?: readonly ({ readonly kind: 'identity' | 'exception' } & EntryKey)[];
  /** One after the other, each with its changes or without; absent: all is one step. */
  readonly steps?: readonly { readonly step: number; readonly title: string }[];
  /** Workloads and identities that a run leaves as they are, each with the code of why; absent: none. */
  readonly stopped?: readonly ({ readonly kind: string; readonly code: string } & EntryKey)[];
}

export interface Done<Result> {
  readonly result: Result;
  /** The cluster as last read, for `--raw-cluster`. */
  readonly cluster: Cluster;
  /** Azure holds the change, and something still went wrong: the result is printed, and then the error. */
  readonly failure?: PodidError;
}

/** `plan` under `--dry-run`, `done` otherwise. */
export type Outcome<Result> =
  | { readonly plan: Plan; readonly done?: undefined }
  | { readonly done: Done<Result>; readonly plan?: undefined };
