import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Rehearsal } from '../../domain/entries/entry-store.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { throwRefused } from '../object-store/refused-entries.ts';
import { type MirroredChange, mirrorChange } from './mirror-change.ts';
import type { Change } from './outcome.ts';
import { objectChanges } from './plan-changes.ts';
import { type ChangeDeps, storeOptions } from './start-change.ts';

/**
 * What a dry run says besides the entries: of the nodes, and of the objects in the cluster, whether they
 * mirror the entries or are them. @throws PodidError when an entry cannot be written
 */
export async function changesBeside(
  deps: ChangeDeps,
  cluster: Cluster,
  edit: ProfileEdit,
  mirrored: MirroredChange,
): Promise<Change[]> {
  const rehearsal = await deps.entries.rehearse?.(cluster, edit, storeOptions(deps));
  if (rehearsal !== undefined) {
    throwRefused(rehearsal.refused);
    return rehearsedChanges(rehearsal);
  }
  return objectChanges((await mirrorChange(deps, cluster, mirrored)).objects);
}

export function rehearsedChanges({ machines, objects }: Rehearsal): Change[] {
  const assignments = machines.map(({ machine, lacks }): Change => {
    const { resourceId, identityIds } = machine;
    const before = { resource: resourceId, identities: identityIds };
    const after = { resource: resourceId, identities: [...identityIds, ...lacks] };
    return { action: 'update', kind: 'machine', namespace: null, name: machine.name, before, after };
  });
  return [...assignments, ...objectChanges(objects)];
}
