import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/map-arm-error.ts';

const doings = {
  read: { doing: 'read', action: 'Microsoft.ContainerService/managedClusters/read' },
  write: { doing: 'change', action: 'Microsoft.ContainerService/managedClusters/write' },
  credentials: {
    doing: 'get user credentials of',
    action: 'Microsoft.ContainerService/managedClusters/listClusterUserCredential/action',
  },
};

/** A request about one cluster; its scope is the cluster's resource id. */
export function aboutCluster(
  connection: ArmConnection,
  id: ClusterId,
  doing: keyof typeof doings,
): ArmRequest {
  return {
    doing: `${doings[doing].doing} AKS cluster ${id.name}`,
    action: doings[doing].action,
    scope: `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${id.name}`,
    caller: connection.caller,
    notFound: 'ClusterNotFound',
  };
}
