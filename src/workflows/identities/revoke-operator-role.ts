import { coveringAssignments } from '../../domain/azure/operator-role.ts';
import { sameResource } from '../../domain/azure/resource-id.ts';
import { managedIdentityOperatorRole, type RoleAssignment } from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import type { Change } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';

/**
 * Removes the cluster principal's Managed Identity Operator from the identities of entries that are gone:
 * only an assignment made exactly on the identity, and none that the cluster still needs. Inherited grants
 * are named and left.
 */
export async function revokeOperatorRole(
  deps: ChangeDeps,
  cluster: Cluster,
  gone: readonly PodIdentity[],
): Promise<void> {
  const { azure, report } = deps;
  const rows = await revocable(deps, cluster, gone);
  await eachConcurrently(rows, async (row) => {
    await azure.roles.delete(row.id, deps.signal);
    report.note(`Removed Managed Identity Operator of principal ${row.principalId} on ${row.scope}.`);
  });
}

export async function planRevocation(
  deps: ChangeDeps,
  cluster: Cluster,
  gone: readonly PodIdentity[],
): Promise<Change[]> {
  const rows = await revocable(deps, cluster, gone);
  return rows.map((row) => {
    const before = { scope: row.scope, principalId: row.principalId, roleDefinitionId: row.roleDefinitionId };
    return { action: 'delete', kind: 'roleAssignment', namespace: null, name: row.name, before, after: null };
  });
}

async function revocable(
  deps: ChangeDeps,
  cluster: Cluster,
  gone: readonly PodIdentity[],
): Promise<RoleAssignment[]> {
  const principalId = clusterPrincipal(cluster, deps.options.clusterPrincipalId);
  const scopes = [
    ...new Map(gone.map(({ identity }) => [identity.resourceId.toLowerCase(), identity.resourceId])).values(),
  ];
  const found = await eachConcurrently(
    scopes.filter((scope) => mayGo(deps, cluster, scope)),
    (scope) =>
      deps.azure.roles
        .assignmentsFor(scope, principalId, deps.signal)
        .then((rows) => ownRows(deps, rows, { scope, principalId })),
  );
  return found.flat();
}

function mayGo(deps: ChangeDeps, cluster: Cluster, scope: string): boolean {
  const { report } = deps;
  const user = cluster.profile.identities.find(({ identity }) => sameResource(identity.resourceId, scope));
  const isKubelets =
    cluster.kubeletIdentityResourceId !== undefined && sameResource(cluster.kubeletIdentityResourceId, scope);
  if (user) {
    report.note(`The role on ${scope} stays: pod identity ${user.namespace}/${user.name} needs it.`);
  }
  if (isKubelets) {
    report.note(`The role on ${scope} stays: it is the cluster's kubelet identity.`);
  }
  return user === undefined && !isKubelets;
}

function ownRows(
  deps: ChangeDeps,
  rows: readonly RoleAssignment[],
  { scope, principalId }: { scope: string; principalId: string },
): RoleAssignment[] {
  const operators = coveringAssignments(rows, scope).filter((row) =>
    row.roleDefinitionId.toLowerCase().endsWith(managedIdentityOperatorRole),
  );
  const own = operators.filter(
    (row) => sameResource(row.scope, scope) && row.principalId.toLowerCase() === principalId.toLowerCase(),
  );
  for (const row of operators.filter((candidate) => !own.includes(candidate))) {
    deps.report.note(`The role that the cluster has through ${row.scope} stays (assignment ${row.name}).`);
  }
  return own;
}
