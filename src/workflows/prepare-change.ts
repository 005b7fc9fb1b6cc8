import { type ClusterDemands, checkCluster } from '../domain/check-cluster.ts';
import type { Cluster, ClusterId } from '../domain/cluster.ts';
import { clusterPrincipal } from '../domain/cluster-principal.ts';
import type { ManagedIdentity } from '../domain/ports.ts';
import { isPodidError } from '../errors/podid-error.ts';
import type { ChangeSession } from './change-session.ts';
import { checkTenants } from './check-tenants.ts';
import { type GrantedRole, grantOperatorRole } from './grant-operator-role.ts';

/** Reads the cluster and warns of what may stand in the way. @throws PodidError see `checkCluster` */
export async function readGatedCluster(
  session: ChangeSession,
  id: ClusterId,
  demands: ClusterDemands,
): Promise<Cluster> {
  const { azure, report } = session.workplace;
  report.progress(`Reading cluster ${id.name}`);
  const cluster = await azure.clusters.get(id, session.options.signal);
  for (const warning of checkCluster(cluster, demands)) report.warn(warning);
  return cluster;
}

export interface PreparedIdentity {
  readonly identity: ManagedIdentity;
  readonly role: GrantedRole;
}

/** Reads the identity, checks tenants, and sees to the role unless `--skip-role-assignment`. */
export async function prepareIdentity(
  session: ChangeSession,
  cluster: Cluster,
  resourceId: string,
): Promise<PreparedIdentity> {
  const { azure, report } = session.workplace;
  const { options } = session;
  const principalId = options.skipRoleAssignment
    ? undefined
    : clusterPrincipal(cluster, options.clusterPrincipalId);
  report.progress('Reading the managed identity');
  const [identity, subscription] = await Promise.all([
    azure.identities.get(resourceId, options.signal),
    azure.subscriptions.find(cluster.id.subscriptionId, options.signal).catch(whenUnreadable),
  ]);
  checkTenants(cluster, identity, subscription);
  const role =
    principalId === undefined
      ? { fresh: false }
      : await grantOperatorRole(session, cluster, identity, principalId);
  return { identity, role };
}

/** The tenant check does without a subscription that cannot be read. */
function whenUnreadable(error: unknown): undefined {
  if (isPodidError(error, 'SubscriptionNotFound', 'Forbidden', 'Unavailable', 'AzureRefused'))
    return undefined;
  throw error;
}
