import { ContainerServiceClient } from '@azure/arm-containerservice';
import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';

/** The SDK's client, without podid's policies: see `ArmConnection.equip`. */
export function clusterClient(
  connection: ArmConnection,
  id: ClusterId,
  apiVersion: string,
): ContainerServiceClient {
  return new ContainerServiceClient(connection.credential, id.subscriptionId, {
    ...connection.clientOptions,
    apiVersion,
  });
}
