import { coveringAssignments } from '../../domain/azure/operator-role.ts';
import type { RoleGrant } from '../../domain/azure/role-assignment.ts';
import { isGuid } from '../../domain/azure/written-id.ts';
import type { ManagedIdentity } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Change } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import { createRole } from './grant-operator-role.ts';

/** `--grant ROLE=SCOPE`: a role for the identity itself. */
export interface WantedGrant {
  /** A name such as `Key Vault Secrets User`, or the role's GUID. */
  readonly role: string;
  readonly scope: string;
}

export interface RoleToGrant extends WantedGrant {
  /** The role's GUID. */
  readonly roleId: string;
}

/** Finds each role by its name at its scope. @throws PodidError RoleNotFound | InvalidUsage */
export async function findRoles(
  deps: ChangeDeps,
  grants: readonly WantedGrant[],
): Promise<readonly RoleToGrant[]> {
  const { azure } = deps;
  return await eachConcurrently(grants, async (grant) => ({
    ...grant,
    roleId: isGuid(grant.role)
      ? grant.role.toLowerCase()
      : await azure.roles.find(grant.role, grant.scope, deps.signal),
  }));
}

/**
 * The roles that the identity lacks; one that reaches it from above counts as there, and so does none that
 * cannot be read.
 */
export async function missingRoles(
  deps: ChangeDeps,
  identity: ManagedIdentity,
  roles: readonly RoleToGrant[],
): Promise<readonly RoleToGrant[]> {
  // An identity yet to be created has none.
  if (identity.principalId === '') {
    return roles;
  }
  const lacking = await eachConcurrently(roles, async (role) =>
    (await hasRole(deps, identity.principalId, role)) ? [] : [role],
  );
  return lacking.flat();
}

/** What a dry run says of them. */
export function plannedRoles(
  deps: ChangeDeps,
  identity: ManagedIdentity,
  roles: readonly RoleToGrant[],
): Change[] {
  return roles.map(({ role, scope, roleId }) => {
    const principalId = identity.principalId || null;
    const name = principalId ? deps.azure.roles.assignmentName({ scope, principalId, roleId }) : null;
    const after = { scope, principalId, roleDefinitionId: roleId, role, identity: identity.resourceId };
    return { action: 'add', kind: 'roleAssignment', namespace: null, name, before: null, after };
  });
}

/** @throws PodidError Forbidden | RoleAssignmentBlocked | Unavailable */
export async function grantRoles(
  deps: ChangeDeps,
  identity: ManagedIdentity,
  roles: readonly RoleToGrant[],
): Promise<void> {
  const { report } = deps;
  await eachConcurrently(roles, async ({ role, scope, roleId }) => {
    const grant: RoleGrant = { scope, principalId: identity.principalId, roleId };
    const { created } = await createRole(deps, grant);
    if (created) {
      report.note(`Granted ${role} on ${scope} to ${identity.resourceId}.`);
    }
  });
}

async function hasRole(deps: ChangeDeps, principalId: string, role: RoleToGrant): Promise<boolean> {
  const { azure } = deps;
  try {
    const rows = await azure.roles.assignmentsFor(role.scope, principalId, deps.signal);
    return coveringAssignments(rows, role.scope).some(
      (row) => row.roleDefinitionId.toLowerCase().endsWith(role.roleId) && !row.hasCondition,
    );
  } catch (error) {
    // To create an assignment that exists is not a failure, so nothing is lost by trying.
    if (isPodidError(error, 'Forbidden')) {
      return false;
    }
    throw error;
  }
}
