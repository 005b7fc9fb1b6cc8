import type { Machine } from '../../domain/azure/machines.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { StoreOptions } from '../../domain/entries/entry-store.ts';
import type { PodidError } from '../../errors/podid-error.ts';

/** The machines behind the nodes of a cluster, and the identities on them. */
export interface NodeSide {
  /**
   * Those that pods with identities may run on; undefined when the caller may not read them. @throws
   * PodidError
   */
  machines(cluster: Cluster, signal: AbortSignal): Promise<readonly Machine[] | undefined>;
  /**
   * Whether the caller may put identities on the machines, as far as that is known.
   *
   * @returns the identities that the caller may not assign
   * @throws PodidError AssignForbidden where the caller may not change the machines
   */
  checkRights(
    machines: readonly Machine[],
    resourceIds: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly { readonly resourceId: string; readonly error: PodidError }[]>;
  /**
   * Puts identities on all of them, and returns when every instance has them. @throws PodidError as
   * `assignToNodes`
   */
  assign(cluster: Cluster, resourceIds: readonly string[], options: StoreOptions): Promise<void>;
}
