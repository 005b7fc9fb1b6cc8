import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { type ClusterEdit, type ControlPlaneChoice, runsAs } from '../../domain/clusters/cluster-edit.ts';
import { isServicePrincipal } from '../../domain/clusters/cluster-kind.ts';
import { servicePrincipalCluster } from '../../domain/clusters/cluster-principal.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { PodidError } from '../../errors/podid-error.ts';

export interface IdentityWishes {
  readonly enableManagedIdentity: boolean;
  readonly assignIdentity?: string;
  readonly assignKubeletIdentity?: string;
}

export type IdentityTarget = Pick<ClusterEdit, 'controlPlane' | 'kubeletIdentity'>;

/**
 * What of the wishes the cluster does not fulfil yet.
 *
 * @throws PodidError ServicePrincipalCluster | IdentityChangeForbidden
 */
export function identityTarget(cluster: Cluster, wishes: IdentityWishes): IdentityTarget {
  const { assignIdentity, assignKubeletIdentity, enableManagedIdentity } = wishes;
  if (isServicePrincipal(cluster) && !enableManagedIdentity) {
    if (assignIdentity !== undefined || assignKubeletIdentity !== undefined) {
      throw needsSwitch(cluster, wishes);
    }
  }
  const choice = controlPlaneOf(wishes);
  if (assignKubeletIdentity !== undefined && !willBeUserAssigned(cluster, choice)) {
    throw kubeletForbidden(cluster, assignKubeletIdentity);
  }
  const sameKubelet =
    assignKubeletIdentity === undefined ||
    sameResource(cluster.kubeletIdentityResourceId ?? '', assignKubeletIdentity);
  return {
    ...(choice === undefined || runsAs(cluster, choice) ? {} : { controlPlane: choice }),
    ...(sameKubelet ? {} : { kubeletIdentity: assignKubeletIdentity }),
  };
}

function controlPlaneOf({
  assignIdentity,
  enableManagedIdentity,
}: IdentityWishes): ControlPlaneChoice | undefined {
  if (assignIdentity !== undefined) {
    return { type: 'UserAssigned', resourceId: assignIdentity };
  }
  return enableManagedIdentity ? { type: 'SystemAssigned' } : undefined;
}

function willBeUserAssigned(cluster: Cluster, choice: ControlPlaneChoice | undefined): boolean {
  return (choice?.type ?? cluster.identity.type).toLowerCase() === 'userassigned';
}

function needsSwitch(cluster: Cluster, wishes: IdentityWishes): PodidError {
  const refusal = servicePrincipalCluster(cluster);
  return new PodidError(refusal.code, refusal.message, {
    hint: nextCommand('cluster update', cluster.id, {
      'enable-managed-identity': true,
      'assign-identity': wishes.assignIdentity,
      'assign-kubelet-identity': wishes.assignKubeletIdentity,
    }),
    target: cluster.resourceId,
  });
}

function kubeletForbidden(cluster: Cluster, kubelet: string): PodidError {
  return new PodidError(
    'IdentityChangeForbidden',
    `A kubelet identity of your own needs a control plane with a user-assigned identity, and that of cluster ${cluster.id.name} would be ${cluster.identity.type}.`,
    {
      hint: nextCommand('cluster update', cluster.id, {
        'enable-managed-identity': true,
        'assign-identity': 'IDENTITY_ID',
        'assign-kubelet-identity': kubelet,
      }),
      target: cluster.resourceId,
    },
  );
}
