import { checkTenants } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Change } from '../change/outcome.ts';
import type { ChangeDeps } from '../change/start-change.ts';
import {
  createIdentity,
  type FoundIdentity,
  findIdentity,
  type IdentityCreation,
} from './create-identity.ts';
import {
  createOperatorRole,
  type FoundRole,
  findOperatorRole,
  type GrantedRole,
  plannedGrant,
} from './grant-operator-role.ts';
import {
  findRoles,
  grantRoles,
  missingRoles,
  plannedRoles,
  type RoleToGrant,
  type WantedGrant,
} from './grant-roles.ts';
import { refuseDeadEntry } from './refuse-dead-entry.ts';

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
  readonly operator?: FoundRole;
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
  deps: ChangeDeps,
  cluster: Cluster,
  resourceId: string,
  wishes: IdentityWishes,
): Promise<IdentityRead> {
  const { creation } = wishes;
  const found =
    creation === undefined
      ? { identity: await deps.azure.identities.get(resourceId, deps.signal) }
      : await findIdentity(deps, cluster, resourceId, creation);
  checkTenants(cluster, found.identity, wishes.subscription);
  const { principalId } = wishes;
  return {
    found,
    ...(principalId === undefined ? {} : { operator: await findOperatorRole(deps, resourceId, principalId) }),
    missingRoles: wishes.roles.length === 0 ? [] : await missingRoles(deps, found.identity, wishes.roles),
  };
}

/** What making the identity ready would change, beside the cluster's own role on it. */
export function creationsOf(deps: ChangeDeps, read: IdentityRead): Change[] {
  const { creation, identity } = read.found;
  return [...(creation ? [creation] : []), ...plannedRoles(deps, identity, read.missingRoles)];
}

/** The cluster's role, as far as it was found. */
export function operatorRoleOf(deps: ChangeDeps, { operator }: IdentityRead): GrantedRole {
  if (operator === undefined) {
    return { fresh: false };
  }
  return operator.found ?? { fresh: false, missing: plannedGrant(deps, operator.grant) };
}

/**
 * Creates and grants what was missing: the identity, its own roles, then the cluster's role on it, so that
 * the youngest grant is the one whose arrival is waited for.
 *
 * @throws PodidError Forbidden | RoleAssignmentBlocked | IdentityNotFound (its resource group is missing) |
 * Unavailable
 */
export async function makeIdentityReady(
  deps: ChangeDeps,
  cluster: Cluster,
  read: IdentityRead,
): Promise<ReadyIdentity> {
  const { creation } = read.found;
  const identity =
    creation === undefined ? read.found.identity : await createIdentity(deps, read.found.identity, creation);
  if (read.missingRoles.length > 0) {
    await grantRoles(deps, identity, read.missingRoles);
  }
  const { operator } = read;
  if (operator === undefined) {
    return { identity, role: { fresh: false } };
  }
  return { identity, role: operator.found ?? (await createOperatorRole(deps, cluster, operator)) };
}

export interface PreparedIdentity extends ReadyIdentity {
  /** Under `--dry-run`: the identity and its own roles, as far as they would be made. */
  readonly planned: readonly Change[];
}

/** `--create-identity` and `--grant`. */
export interface IdentityExtras {
  readonly creation?: IdentityCreation | undefined;
  readonly grants?: readonly WantedGrant[];
}

/** What was not there when it was looked for, and has to be created or granted. */
export function lacksSomething({ found, operator, missingRoles }: IdentityRead): boolean {
  return found.creation !== undefined || missingRoles.length > 0 || isNew(operator);
}

/** Not there when it was looked for. */
export function isNew(operator: IdentityRead['operator']): boolean {
  return operator !== undefined && operator.found === undefined;
}

/**
 * Reads the identity, checks tenants, and sees to what it lacks and to the cluster's role on it.
 *
 * @param entry that shall use it
 */
export async function prepareIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  entry: EntryKey,
  { resourceId, ...extras }: IdentityExtras & { readonly resourceId: string },
): Promise<PreparedIdentity> {
  deps.report.progress('Reading the managed identity');
  const wishes = await identityWishes(deps, cluster, extras);
  const read = await readIdentity(deps, cluster, resourceId, wishes);
  if (lacksSomething(read)) {
    await refuseDeadEntry(deps, cluster, [entry]);
  }
  if (!deps.options.dryRun) {
    return { ...(await makeIdentityReady(deps, cluster, read)), planned: [] };
  }
  const role = operatorRoleOf(deps, read);
  return { identity: read.found.identity, role, planned: creationsOf(deps, read) };
}

/**
 * What holds for every identity of a command, read once. @throws PodidError ServicePrincipalCluster |
 * UnknownClusterIdentity | RoleNotFound
 */
export async function identityWishes(
  deps: ChangeDeps,
  cluster: Cluster,
  { creation, grants = [] }: IdentityExtras,
): Promise<IdentityWishes> {
  const { options } = deps;
  const principalId = options.skipRoleAssignment
    ? {}
    : { principalId: clusterPrincipal(cluster, options.clusterPrincipalId) };
  const [subscription, roles] = await Promise.all([
    deps.azure.subscriptions.find(cluster.id.subscriptionId, deps.signal).catch(whenUnreadable),
    grants.length === 0 ? [] : findRoles(deps, grants),
  ]);
  return { ...principalId, subscription, creation, roles };
}

/** The tenant check does without a subscription that cannot be read. */
function whenUnreadable(error: unknown): undefined {
  if (isPodidError(error, 'SubscriptionNotFound', 'Forbidden', 'Unavailable', 'AzureRefused')) {
    return undefined;
  }
  throw error;
}
