import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import type { ChangeSession } from '../change/change-session.ts';
import type { Change } from '../change/outcome.ts';
import { checkTenants } from './check-tenants.ts';
import {
  createIdentity,
  type FoundIdentity,
  findIdentity,
  type IdentityCreation,
} from './create-identity.ts';
import {
  createOperatorRole,
  findOperatorRole,
  type GrantedRole,
  plannedGrant,
  type SeenRole,
} from './grant-operator-role.ts';
import { grantRoles, missingRoles, plannedRoles, type RoleToGrant } from './grant-roles.ts';

/** What a command wants of each identity that it puts into the profile. */
export interface IdentityWishes {
  /**
   * The control plane's principal, which needs Managed Identity Operator; absent under
   * `--skip-role-assignment`.
   */
  readonly principalId?: string;
  readonly subscription?: Subscription | undefined;
  readonly creation?: IdentityCreation | undefined;
  /** For the identity itself. */
  readonly roles: readonly RoleToGrant[];
}

/** An identity as it was found, and what it lacks. */
export interface IdentityRead {
  readonly found: FoundIdentity;
  readonly operator?: SeenRole;
  readonly missingRoles: readonly RoleToGrant[];
}

export interface ReadyIdentity {
  readonly identity: ManagedIdentity;
  readonly role: GrantedRole;
}

/**
 * Reads, and writes nothing. @throws PodidError IdentityNotFound | IdentityIncomplete | TenantMismatch |
 * Forbidden | Unavailable
 */
export async function readIdentity(
  session: ChangeSession,
  cluster: Cluster,
  resourceId: string,
  wishes: IdentityWishes,
): Promise<IdentityRead> {
  const found = await findIdentity(session, cluster, resourceId, wishes.creation);
  checkTenants(cluster, found.identity, wishes.subscription);
  const { principalId } = wishes;
  return {
    found,
    ...(principalId === undefined
      ? {}
      : { operator: await findOperatorRole(session, resourceId, principalId) }),
    missingRoles: await missingRoles(session, found.identity, wishes.roles),
  };
}

/** What making the identity ready would change, beside the cluster's own role on it. */
export function creationsOf(session: ChangeSession, read: IdentityRead): Change[] {
  const { creation, identity } = read.found;
  return [...(creation ? [creation] : []), ...plannedRoles(session, identity, read.missingRoles)];
}

/** The cluster's role, as far as looking tells. */
export function operatorRoleOf(session: ChangeSession, { operator }: IdentityRead): GrantedRole {
  if (operator === undefined) {
    return { fresh: false };
  }
  return operator.found ?? { fresh: false, missing: plannedGrant(session, operator.grant) };
}

/**
 * Creates and grants what was missing: the identity, its own roles, then the cluster's role on it, so that
 * the youngest grant is the one whose arrival is waited for.
 *
 * @throws PodidError Forbidden | RoleAssignmentBlocked | IdentityNotFound (its resource group is missing) |
 * Unavailable
 */
export async function makeIdentityReady(
  session: ChangeSession,
  cluster: Cluster,
  read: IdentityRead,
): Promise<ReadyIdentity> {
  const identity = await createIdentity(session, read.found);
  await grantRoles(session, identity, read.missingRoles);
  const { operator } = read;
  if (operator === undefined) {
    return { identity, role: { fresh: false } };
  }
  return { identity, role: operator.found ?? (await createOperatorRole(session, cluster, operator)) };
}
