import {
  allowsAssigning,
  coveringAssignments,
  operatorAssignment,
} from '../../../domain/azure/operator-role.ts';
import { managedIdentityType, parseResourceId } from '../../../domain/azure/resource-id.ts';
import { clusterPrincipal } from '../../../domain/clusters/cluster-principal.ts';
import type { Deps } from '../../../domain/deps.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { entriesInQuestion } from '../chosen-entries.ts';
import type { Evidence, OperatorRoleProbe } from '../evidence.ts';
import { type Probe, probe, probeNext } from '../probe.ts';

type Known = Pick<Evidence, 'subject' | 'cluster' | 'objects' | 'pods'>;
type IdentityProbes = Pick<Evidence, 'identities' | 'operatorRoles' | 'ownRoles'>;

/**
 * The managed identities of the entries in question, who may assign them, and what they may do themselves.
 */
export async function readIdentities(
  deps: Pick<Deps, 'azure' | 'signal'>,
  known: Known,
): Promise<IdentityProbes> {
  const { azure, signal } = deps;
  const { subscriptionId } = known.subject.cluster;
  const ids = new Map(
    entriesInQuestion(known)
      .map(({ identity }) => identity.resourceId)
      .filter((id) => parseResourceId(id, managedIdentityType) !== undefined)
      .map((id) => [id.toLowerCase(), id]),
  );
  const read = await eachConcurrently([...ids], async ([key, id]) => {
    const identity = await probe(signal, () => azure.identities.get(id, signal));
    const operatorRole = await probeNext(signal, known.cluster, (cluster) =>
      operatorRoles(deps, id, clusterPrincipal(cluster, known.subject.clusterPrincipalId)),
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
  { azure, signal }: Pick<Deps, 'azure' | 'signal'>,
  id: string,
  principalId: string,
): Promise<OperatorRoleProbe> {
  const rows = coveringAssignments(await azure.roles.assignmentsFor(id, principalId, signal), id);
  if (operatorAssignment(rows) !== undefined) {
    return { principalId, rows };
  }
  const others = [...new Set(rows.map((row) => row.roleDefinitionId))];
  for (const other of others) {
    const role = await probe(signal, () => azure.roles.definition(other, signal));
    if (role.kind === 'read' && allowsAssigning(role.value)) {
      return { principalId, rows, otherRole: role.value.roleName };
    }
  }
  return { principalId, rows };
}
