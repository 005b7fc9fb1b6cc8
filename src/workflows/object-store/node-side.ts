import type { Cluster } from '../../domain/cluster.ts';
import type { Machine } from '../../domain/machines.ts';
import type { Rehearsal, StoreOptions } from '../../domain/ports.ts';
import { carries } from '../../domain/profile-of-objects.ts';

/** The machines behind the nodes of a cluster, and the identities on them. */
export interface NodeSide {
  /** Those that pods with identities may run on; undefined when the caller may not look. @throws PodidError */
  machines(cluster: Cluster, signal: AbortSignal): Promise<readonly Machine[] | undefined>;
  /** Puts identities on all of them, and returns when every instance has them. @throws PodidError Forbidden | AzureRefused | TimedOut */
  assign(cluster: Cluster, resourceIds: readonly string[], options: StoreOptions): Promise<void>;
}

/** The machines that lack some of the identities, with what they lack. */
export function wantedOn(
  machines: readonly Machine[],
  resourceIds: readonly string[],
): Rehearsal['machines'] {
  return machines.flatMap((machine) => {
    const lacks = resourceIds.filter((id) => !carries(machine, id));
    return lacks.length === 0 ? [] : [{ machine, lacks }];
  });
}
