import type { ClusterIdentities } from '../../domain/clusters/cluster-identities.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { recordShape } from './record-text.ts';

/** The documented members in the documented order. */
export function clusterView(cluster: ClusterIdentities): unknown {
  return {
    ...cluster,
    addonIdentities: cluster.addonIdentities.map(({ addon, resourceId, clientId }) => ({
      addon,
      resourceId,
      clientId,
    })),
    operatorRole: cluster.operatorRole.map(({ namespace, name, granted, scope }) => ({
      namespace,
      name,
      granted,
      scope,
    })),
  };
}

export const clusterShape: TableShape = recordShape((cluster: ClusterIdentities) => [
  ['cluster', cluster.id],
  ['location', cluster.location],
  ['Kubernetes', cluster.kubernetesVersion],
  ['node resource group', cluster.nodeResourceGroup],
  ['network plugin', cluster.networkPlugin],
  ['control plane', controlPlaneText(cluster)],
  ['kubelets', cluster.kubeletIdentity?.resourceId],
  ['service principal', cluster.servicePrincipalClientId],
  ...cluster.addonIdentities.map(({ addon, resourceId }) => [`add-on ${addon}`, resourceId] as const),
  ...cluster.operatorRole.map(
    ({ namespace, name, granted, scope }) =>
      [
        `role for ${namespace}/${name}`,
        granted === null ? 'unknown' : granted ? `at ${scope}` : `missing on ${scope}`,
      ] as const,
  ),
]);

function controlPlaneText({ identity }: ClusterIdentities): string {
  const which = identity.resourceId === null ? '' : ` ${identity.resourceId}`;
  const principal = identity.principalId === null ? '' : ` (principal ${identity.principalId})`;
  return `${identity.type}${which}${principal}`;
}
