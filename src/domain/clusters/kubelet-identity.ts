import { managedIdentityType, parseResourceId } from '../azure/resource-id.ts';
import type { Cluster } from './cluster.ts';

/**
 * The kubelets' identity where it is one of the user's own, which the control plane needs a role on;
 * undefined for the one that AKS made in the node resource group.
 */
export function ownKubeletIdentity(
  cluster: Cluster,
  id = cluster.kubeletIdentityResourceId,
): string | undefined {
  const group = parseResourceId(id ?? '', managedIdentityType)?.resourceGroup.toLowerCase();
  return group === undefined || group === cluster.nodeResourceGroup?.toLowerCase() ? undefined : id;
}
