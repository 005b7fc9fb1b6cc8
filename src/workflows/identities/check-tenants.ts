import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import { PodidError } from '../../errors/podid-error.ts';

/**
 * Azure assigns no identity across tenants. What is not known decides nothing. @throws PodidError
 * TenantMismatch
 */
export function checkTenants(
  cluster: Cluster,
  identity: ManagedIdentity,
  subscription: Subscription | undefined,
): void {
  const known = [
    { of: `subscription ${cluster.id.subscriptionId}`, tenantId: subscription?.tenantId },
    { of: `the identity of cluster ${cluster.id.name}`, tenantId: cluster.identity.tenantId },
    { of: `managed identity ${identity.resourceId}`, tenantId: identity.tenantId },
  ].filter(({ tenantId }) => tenantId !== undefined && tenantId !== '');
  if (new Set(known.map(({ tenantId }) => tenantId?.toLowerCase())).size <= 1) {
    return;
  }
  throw new PodidError(
    'TenantMismatch',
    `Pod identity works within one tenant only: ${known.map(({ of, tenantId }) => `${of} is in ${tenantId}`).join(', ')}.`,
    { hint: "Use a managed identity of the cluster's tenant", target: identity.resourceId },
  );
}
