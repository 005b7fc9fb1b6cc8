import { type ClusterDemands, checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { clusterPrincipal } from '../../domain/clusters/cluster-principal.ts';
import { entriesOf } from '../../domain/entries/entries-of.ts';
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
import type { ChangeSession } from './change-session.ts';
import type { Change } from './outcome.ts';

/** Reads the cluster and warns of what may stand in the way. @throws PodidError see `checkCluster` */
export async function readGatedCluster(
  session: ChangeSession,
  id: ClusterId,
  demands: ClusterDemands,
): Promise<Cluster> {
  const { report } = session.deps;
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await entriesOf(session.deps).get(id, session.options.signal);
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
  session: ChangeSession,
  cluster: Cluster,
  resourceId: string,
  extras: IdentityExtras = {},
): Promise<PreparedIdentity> {
  session.deps.report.progress('Reading the managed identity');
  const wishes = await identityWishes(session, cluster, extras);
  const read = await readIdentity(session, cluster, resourceId, wishes);
  if (!session.options.dryRun) {
    return { ...(await makeIdentityReady(session, cluster, read)), planned: [] };
  }
  const role = operatorRoleOf(session, read);
  return { identity: read.found.identity, role, planned: creationsOf(session, read) };
}

/**
 * What holds for every identity of a command, read once. @throws PodidError ServicePrincipalCluster |
 * UnknownClusterIdentity | RoleNotFound
 */
export async function identityWishes(
  session: ChangeSession,
  cluster: Cluster,
  { creation, grants = [] }: IdentityExtras,
): Promise<IdentityWishes> {
  const { options, deps } = session;
  const principalId = options.skipRoleAssignment
    ? {}
    : { principalId: clusterPrincipal(cluster, options.clusterPrincipalId) };
  const [subscription, roles] = await Promise.all([
    deps.azure.subscriptions.find(cluster.id.subscriptionId, options.signal).catch(whenUnreadable),
    findRoles(session, grants),
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
