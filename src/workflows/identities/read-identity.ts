import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import type { ChangeSession } from '../change/change-session.ts';
import type { Change } from '../change/outcome.ts';
import { checkTenants } from './check-tenants.ts';
import {
  createIdentity,
  type FoundIdentity,
  type IdentityCreation,
  lookForIdentity,
} from './create-identity.ts';
import {
  createOperatorRole,
  type GrantedRole,
  lookForOperatorRole,
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
export interface LookedAtIdentity {
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
export async function lookAtIdentity(
  session: ChangeSession,
  cluster: Cluster,
  resourceId: string,
  wishes: IdentityWishes,
): Promise<LookedAtIdentity> {
  const found = await lookForIdentity(session, cluster, resourceId, wishes.creation);
  checkTenants(cluster, found.identity, wishes.subscription);
  const { principalId } = wishes;
  return {
    found,
    ...(principalId === undefined
      ? {}
      : { operator: await lookForOperatorRole(session, resourceId, principalId) }),
    missingRoles: await missingRoles(session, found.identity, wishes.roles),
  };
}

/** What making the identity ready would change, beside the cluster's own role on it. */
export function creationsOf(session: ChangeSession, looked: LookedAtIdentity): Change[] {
  const { creation, identity } = looked.found;
  return [...(creation ? [creation] : []), ...plannedRoles(session, identity, looked.missingRoles)];
}

/** The cluster's role, as far as looking tells. */
export function operatorRoleOf(session: ChangeSession, { operator }: LookedAtIdentity): GrantedRole {
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
  looked: LookedAtIdentity,
): Promise<ReadyIdentity> {
  const identity = await createIdentity(session, looked.found);
  await grantRoles(session, identity, looked.missingRoles);
  const { operator } = looked;
  if (operator === undefined) {
    return { identity, role: { fresh: false } };
  }
  return { identity, role: operator.found ?? (await createOperatorRole(session, cluster, operator)) };
}
