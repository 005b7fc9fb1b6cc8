import { type ClusterDemands, checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { IdentityCreation } from '../identities/create-identity.ts';
import { findRoles, type WantedGrant } from '../identities/grant-roles.ts';
import {
  creationsOf,
  type IdentityWishes,
  makeIdentityReady,
  operatorRoleOf,
  type ReadyIdentity,
  readIdentity,
} from '../identities/read-identity.ts';
import type { Change } from './outcome.ts';
import type { ChangeDeps } from './start-change.ts';

/** Reads the cluster and warns of what may stand in the way. @throws PodidError see `checkCluster` */
export async function readGatedCluster(
  deps: ChangeDeps,
  id: ClusterId,
  demands: ClusterDemands,
): Promise<Cluster> {
  const { report } = deps;
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await deps.entries.get(id, deps.signal);
  for (const warning of checkCluster(cluster, demands)) {
    report.warn(warning);
  }
  return cluster;
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

/** Reads the identity, checks tenants, and sees to what it lacks and to the cluster's role on it. */
export async function prepareIdentity(
  deps: ChangeDeps,
  cluster: Cluster,
  resourceId: string,
  extras: IdentityExtras = {},
): Promise<PreparedIdentity> {
  deps.report.progress('Reading the managed identity');
  const wishes = await identityWishes(deps, cluster, extras);
  const read = await readIdentity(deps, cluster, resourceId, wishes);
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
    deps.azure.subscriptions.find(cluster.id.subscriptionId, options.signal).catch(whenUnreadable),
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
