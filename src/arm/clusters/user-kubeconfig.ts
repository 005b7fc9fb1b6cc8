import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { ArmAnswer } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import { aboutCluster } from './about-cluster.ts';
import { clusterClient } from './cluster-client.ts';

/** Azure's answer with the kubeconfigs that it hands out to users of a cluster. @throws as `ArmConnection.raw` */
export function userKubeconfig(
  connection: ArmConnection,
  { id, apiVersion }: { readonly id: ClusterId; readonly apiVersion: string },
  signal: AbortSignal,
): Promise<ArmAnswer> {
  const { managedClusters } = connection.equip(clusterClient(connection, id, apiVersion), 'reads');
  return connection.raw(aboutCluster(connection, id, 'credentials'), signal, (onResponse) =>
    managedClusters.listClusterUserCredentials(id.resourceGroup, id.name, {
      abortSignal: signal,
      onResponse,
    }),
  );
}
