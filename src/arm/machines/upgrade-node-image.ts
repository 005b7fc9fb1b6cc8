import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Operation } from '../../domain/ports.ts';
import { mapAksError } from '../clusters/map-aks-error.ts';
import { operationOf } from '../connection/arm-answer.ts';
import type { ArmConnection } from '../connection/arm-connection.ts';
import type { ArmRequest } from '../connection/arm-request.ts';
import { mapArmAnswer } from '../connection/map-arm-error.ts';

interface PoolUpgrade {
  readonly id: ClusterId;
  readonly pool: string;
  readonly apiVersion: string;
}

/**
 * Starts the upgrade of one pool's node image. @returns its operation, or undefined when there was nothing to
 * do
 */
export async function upgradeNodeImage(
  connection: ArmConnection,
  { id, pool, apiVersion }: PoolUpgrade,
  signal: AbortSignal,
): Promise<Operation | undefined> {
  const scope = `/subscriptions/${id.subscriptionId}/resourceGroups/${id.resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${id.name}/agentPools/${encodeURIComponent(pool)}`;
  const about: ArmRequest = {
    doing: `upgrade the node image of pool ${pool} of AKS cluster ${id.name}`,
    action: 'Microsoft.ContainerService/managedClusters/agentPools/upgradeNodeImageVersion/action',
    scope,
    caller: connection.caller,
    notFound: 'ClusterNotFound',
    known: (fault) => mapAksError(fault, id, []),
  };
  const url = `${scope}/upgradeNodeImageVersion?api-version=${apiVersion}`;
  const answer = await connection.send({ method: 'POST', url, about }, signal, 'none');
  if (answer.status < 200 || answer.status >= 300) {
    throw mapArmAnswer(answer, about);
  }
  return operationOf(answer, connection.clock.now());
}
