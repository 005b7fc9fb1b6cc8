import {
  allowsAssigning,
  coveringAssignments,
  operatorAssignment,
} from '../../domain/azure/operator-role.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { entriesInQuestion } from './chosen-entries.ts';
import type { DoctorSources } from './doctor-sources.ts';
import type { Evidence, OperatorRoleProbe } from './evidence.ts';
import { look, type Probe, probeNext } from './probe.ts';

type Known = Pick<Evidence, 'subject' | 'cluster' | 'objects' | 'pods'>;
type IdentityProbes = Pick<Evidence, 'identities' | 'operatorRoles' | 'ownRoles'>;

/**
 * The managed identities of the entries in question, who may assign them, and what they may do themselves.
 */
export async function readIdentities(sources: DoctorSources, known: Known): Promise<IdentityProbes> {
  const { azure, signal } = sources;
  const { subscriptionId } = known.subject.cluster;
  const ids = new Map(
    entriesInQuestion(known)
      .map(({ identity }) => identity.resourceId)
      .filter((id) => id !== '')
      .map((id) => [id.toLowerCase(), id]),
  );
  const read = await eachConcurrently([...ids], async ([key, id]) => {
    const identity = await look(signal, () => azure.identities.get(id, signal));
    const operatorRole = await probeNext(signal, known.cluster, (cluster) =>
      operatorRoles(sources, id, clusterPrincipal(cluster, sources.clusterPrincipalId)),
    );
    const ownRoles = await probeNext(signal, identity, ({ principalId }) =>
      azure.roles.assignmentsOf(subscriptionId, principalId, signal),
    );
    return { key, identity, operatorRole, ownRoles };
  });
  const by = <Value>(pick: (one: (typeof read)[number]) => Probe<Value>) =>
    new Map(read.map((one) => [one.key, pick(one)]));
  return {
    identities: by(({ identity }) => identity),
    operatorRoles: by(({ operatorRole }) => operatorRole),
    ownRoles: by(({ ownRoles }) => ownRoles),
  };
}

async function operatorRoles(
  { azure, signal }: DoctorSources,
  id: string,
  principalId: string,
): Promise<OperatorRoleProbe> {
  const rows = coveringAssignments(await azure.roles.assignmentsFor(id, principalId, signal), id);
  if (operatorAssignment(rows) !== undefined) {
    return { principalId, rows };
  }
  const others = [...new Set(rows.map((row) => row.roleDefinitionId))];
  for (const other of others) {
    const role = await look(signal, () => azure.roles.definition(other, signal));
    if (role.kind === 'seen' && allowsAssigning(role.seen)) {
      return { principalId, rows, otherRole: role.seen.roleName };
    }
  }
  return { principalId, rows };
}
