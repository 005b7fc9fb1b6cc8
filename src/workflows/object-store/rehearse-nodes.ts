import { lackingOf } from '../../domain/azure/machine-identities.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Rehearsal } from '../../domain/entries/entry-store.ts';
import type { ProfileEdit } from '../../domain/entries/profile-edit.ts';
import type { NodeSide } from './node-side.ts';

/**
 * Which machines lack identities of the edit, and which of its entries the caller has no right to bring
 * there.
 *
 * @throws PodidError AssignForbidden where the caller may not change the machines
 */
export async function rehearseNodes(
  nodes: NodeSide,
  cluster: Cluster,
  edit: ProfileEdit,
  signal: AbortSignal,
): Promise<Pick<Rehearsal, 'machines' | 'refused'>> {
  const entries = edit.putIdentities ?? [];
  const machines = entries.length === 0 ? [] : ((await nodes.machines(cluster, signal)) ?? []);
  const ids = distinct(entries.map(({ identity }) => identity.resourceId));
  const lacking = machines
    .map((machine) => ({ machine, lacks: lackingOf(machine, ids) }))
    .filter(({ lacks }) => lacks.length > 0);
  if (lacking.length === 0) {
    return { machines: [], refused: [] };
  }
  // An identity that is yet to be created has no rights to be asked about.
  const there = entries.filter(({ identity }) => identity.clientId !== '');
  const sent = distinct(there.map(({ identity }) => identity.resourceId)).filter((id) =>
    lacking.some(({ lacks }) => lacks.some((one) => sameResource(one, id))),
  );
  const forbidden = await nodes.checkRights(
    lacking.map(({ machine }) => machine),
    sent,
    signal,
  );
  const refused = there.flatMap(({ namespace, name, identity }) =>
    forbidden
      .filter(({ resourceId }) => sameResource(resourceId, identity.resourceId))
      .map(({ error }) => ({ kind: 'identity' as const, namespace, name, error })),
  );
  return { machines: lacking, refused };
}

export function distinct(ids: readonly string[]): string[] {
  return [...new Map(ids.map((id) => [id.toLowerCase(), id] as const)).values()];
}
