import type { ClusterIdentities } from '../../domain/clusters/cluster-identities.ts';
import type { TableShape } from '../../terminal/print-result.ts';

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

/** Two columns: there is one cluster, and more members than fit on a line. */
export const clusterShape: TableShape = {
  rows: (cluster: ClusterIdentities) => [
    ['cluster', cluster.id],
    ['location', cluster.location],
    ['Kubernetes', cluster.kubernetesVersion],
    ['node resource group', cluster.nodeResourceGroup],
    ['network plugin', cluster.networkPlugin],
    ['control plane', controlPlaneText(cluster)],
    ['kubelets', cluster.kubeletIdentity?.resourceId],
    ...(cluster.servicePrincipalClientId === null
      ? []
      : [['service principal', cluster.servicePrincipalClientId]]),
    ...cluster.addonIdentities.map(({ addon, resourceId }) => [`add-on ${addon}`, resourceId]),
    ...cluster.operatorRole.map(({ namespace, name, granted, scope }) => [
      `role for ${namespace}/${name}`,
      granted === null ? 'unknown' : granted ? `at ${scope}` : `missing on ${scope}`,
    ]),
  ],
  columns: [
    { heading: 'CLUSTER', cell: (row: readonly unknown[]) => row[0] },
    { heading: '', cell: (row: readonly unknown[]) => row[1] },
  ],
};

function controlPlaneText({ identity }: ClusterIdentities): string {
  const which = identity.resourceId === null ? '' : ` ${identity.resourceId}`;
  const principal = identity.principalId === null ? '' : ` (principal ${identity.principalId})`;
  return `${identity.type}${which}${principal}`;
}
