import { managedIdentityOperatorRole, type RoleAssignment } from '../../domain/azure/role-assignment.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { principalOrNull } from '../../domain/clusters/cluster-identities.ts';
import { grantCommand } from '../../domain/hints/grant-command.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { command } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';

/**
 * Lists what else the control plane could do before its principal changed, with the commands that give it
 * back.
 */
export async function reportOldRoles(
  deps: ChangeDeps,
  before: Cluster,
  newPrincipalId: string | null,
): Promise<void> {
  const { report } = deps;
  const old = principalOrNull(before, deps.options.clusterPrincipalId);
  if (old === null) {
    reportServicePrincipal(deps, before);
    return;
  }
  if (old === newPrincipalId) {
    return;
  }
  const rows = await rowsOf(deps, before, old).catch((error: unknown) => {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    report.warn(
      `Which roles the control plane's former principal ${old} has is not known, and the new one may lack some: ${error.message}`,
    );
    return [];
  });
  const named = await eachConcurrently(rows, async (row) => ({
    row,
    role: await roleName(deps, row.roleDefinitionId),
  }));
  for (const { row, role } of named) {
    report.warn(
      `The control plane's former principal has the role ${role} on ${row.scope}, and the new one does not.`,
      grantCommand(role, newPrincipalId ?? 'PRINCIPAL_ID', row.scope),
    );
  }
}

function reportServicePrincipal(deps: ChangeDeps, { servicePrincipalClientId }: Cluster): void {
  const clientId = servicePrincipalClientId;
  if (clientId === undefined || clientId.toLowerCase() === 'msi') {
    return;
  }
  deps.report.warn(
    `The new identity has none of the roles of the service principal ${clientId}, such as those on a network of your own.`,
    command('az role assignment list --assignee', clientId, '--all'),
  );
}

/** Without the roles on the entries' identities, which podid has granted anew. */
async function rowsOf(
  deps: ChangeDeps,
  { id, profile, kubeletIdentityResourceId }: Cluster,
  principalId: string,
): Promise<RoleAssignment[]> {
  const renewed = new Set(
    [...profile.identities.map(({ identity }) => identity.resourceId), kubeletIdentityResourceId ?? ''].map(
      (one) => one.toLowerCase(),
    ),
  );
  const rows = await deps.azure.roles.assignmentsOf(id.subscriptionId, principalId, deps.signal);
  return rows.filter(
    (row) =>
      !(
        renewed.has(row.scope.toLowerCase()) &&
        row.roleDefinitionId.toLowerCase().endsWith(managedIdentityOperatorRole)
      ),
  );
}

async function roleName(deps: ChangeDeps, roleDefinitionId: string): Promise<string> {
  try {
    const { roleName: name } = await deps.azure.roles.definition(roleDefinitionId, deps.signal);
    return name || roleDefinitionId;
  } catch (error) {
    if (isPodidError(error)) {
      return roleDefinitionId;
    }
    throw error;
  }
}
