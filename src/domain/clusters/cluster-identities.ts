import { isPodidError } from '../../errors/podid-error.ts';
import { managedIdentityType, parseResourceId } from '../azure/resource-id.ts';
import type { AddonIdentity, Cluster } from './cluster.ts';
import { clusterPrincipal } from './cluster-principal.ts';

/** Whether the control plane may put an entry's identity on nodes. */
export interface EntryRole {
  readonly namespace: string;
  readonly name: string;
  /** null where the caller may not read role assignments, or the cluster's principal is not known. */
  readonly granted: boolean | null;
  /** Of the assignment found; the identity itself where there is none. */
  readonly scope: string;
}

/** The identities that a cluster runs as, as `cluster show` prints them. */
export interface ClusterIdentities {
  readonly id: string;
  readonly location: string;
  readonly kubernetesVersion: string | null;
  readonly nodeResourceGroup: string | null;
  readonly networkPlugin: string;
  readonly identity: {
    readonly type: string;
    readonly resourceId: string | null;
    readonly principalId: string | null;
    readonly tenantId: string | null;
  };
  readonly kubeletIdentity: {
    readonly resourceId: string;
    readonly clientId: string;
    readonly objectId: string;
  } | null;
  /** null on a cluster with a managed identity. */
  readonly servicePrincipalClientId: string | null;
  readonly addonIdentities: readonly AddonIdentity[];
  readonly operatorRole: readonly EntryRole[];
}

export function clusterIdentities(cluster: Cluster, operatorRole: readonly EntryRole[]): ClusterIdentities {
  const { identity, kubeletIdentityResourceId, kubeletIdentityIds, servicePrincipalClientId } = cluster;
  const [userAssigned] = identity.userAssigned;
  const ids = kubeletIdentityIds ?? { clientId: '', objectId: '' };
  return {
    id: cluster.resourceId,
    location: cluster.location,
    kubernetesVersion: cluster.kubernetesVersion ?? null,
    nodeResourceGroup: cluster.nodeResourceGroup ?? null,
    networkPlugin: cluster.networkPlugin,
    identity: {
      type: identity.type || 'None',
      resourceId: userAssigned?.resourceId ?? null,
      principalId: principalOrNull(cluster),
      tenantId: identity.tenantId ?? null,
    },
    kubeletIdentity:
      kubeletIdentityResourceId === undefined ? null : { resourceId: kubeletIdentityResourceId, ...ids },
    servicePrincipalClientId:
      servicePrincipalClientId?.toLowerCase() === 'msi' ? null : (servicePrincipalClientId ?? null),
    addonIdentities: cluster.addonIdentities ?? [],
    operatorRole,
  };
}

/** null where it is not known which principal acts, and on a service principal's cluster. */
export function principalOrNull(cluster: Cluster, override?: string): string | null {
  try {
    return clusterPrincipal(cluster, override);
  } catch (error) {
    if (isPodidError(error)) {
      return null;
    }
    throw error;
  }
}

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
