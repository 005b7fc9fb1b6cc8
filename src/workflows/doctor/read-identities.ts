import {
  allowsAssigning,
  coveringAssignments,
  operatorAssignment,
} from '../../domain/azure/operator-role.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import { eachConcurrently } from '../each-concurrently.ts';
import { entriesInQuestion } from './chosen-entries.ts';
import type { Senses } from './doctor-deps.ts';
import type { Evidence, OperatorRoleSight } from './evidence.ts';
import { look, lookFurther, type Sight } from './probe.ts';

type Known = Pick<Evidence, 'patient' | 'cluster' | 'objects' | 'pods'>;
type IdentitySights = Pick<Evidence, 'identities' | 'operatorRoles' | 'ownRoles'>;

/**
 * The managed identities of the entries in question, who may assign them, and what they may do themselves.
 */
export async function lookAtIdentities(senses: Senses, known: Known): Promise<IdentitySights> {
  const { azure, signal } = senses;
  const { subscriptionId } = known.patient.cluster;
  const ids = new Map(
    entriesInQuestion(known)
      .map(({ identity }) => identity.resourceId)
      .filter((id) => id !== '')
      .map((id) => [id.toLowerCase(), id]),
  );
  const looked = await eachConcurrently([...ids], async ([key, id]) => {
    const identity = await look(signal, () => azure.identities.get(id, signal));
    const operatorRole = await lookFurther(signal, known.cluster, (cluster) =>
      operatorRoles(senses, id, clusterPrincipal(cluster, senses.clusterPrincipalId)),
    );
    const ownRoles = await lookFurther(signal, identity, ({ principalId }) =>
      azure.roles.assignmentsOf(subscriptionId, principalId, signal),
    );
    return { key, identity, operatorRole, ownRoles };
  });
  const by = <Value>(pick: (one: (typeof looked)[number]) => Sight<Value>) =>
    new Map(looked.map((one) => [one.key, pick(one)]));
  return {
    identities: by(({ identity }) => identity),
    operatorRoles: by(({ operatorRole }) => operatorRole),
    ownRoles: by(({ ownRoles }) => ownRoles),
  };
}

async function operatorRoles(
  { azure, signal }: Senses,
  id: string,
  principalId: string,
): Promise<OperatorRoleSight> {
  const rows = coveringAssignments(await azure.roles.assignmentsFor(id, principalId, signal), id);
  if (operatorAssignment(rows) !== undefined) {
    return { principalId, rows };
  }
  const others = [...new Set(rows.map((row) => row.roleDefinitionId))];
  for (const other of others) {
    const role = await look(signal, () => azure.roles.definition(other, signal));
    if ('seen' in role && allowsAssigning(role.seen)) {
      return { principalId, rows, otherRole: role.seen.roleName };
    }
  }
  return { principalId, rows };
}
