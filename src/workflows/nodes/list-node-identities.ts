import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import type { Done } from '../change/outcome.ts';
import { findMachines } from './find-machines.ts';
import type { NodeIdentities, NodeRequest } from './node-request.ts';
import { readNodes } from './read-nodes.ts';

/**
 * Which machines carry which identities.
 *
 * @throws PodidError ClusterNotFound | NodePoolNotFound | NoLinuxScaleSetPool | MachineNotFound | Forbidden |
 * Unavailable
 */
export async function listNodeIdentities(
  { azure, report }: Pick<Deps, 'azure' | 'report'>,
  request: Omit<NodeRequest, 'identityIds'>,
  signal: AbortSignal,
): Promise<Done<readonly NodeIdentities[]>> {
  report.progress(`Reading cluster ${request.cluster.name}`);
  const cluster = await azure.clusters.get(request.cluster, signal);
  return { result: await readNodeIdentities({ azure, report }, cluster, request.nodes, signal), cluster };
}

/** The same of a cluster that is known already. @throws as `listNodeIdentities`, without ClusterNotFound */
export async function readNodeIdentities(
  { azure, report }: Pick<Deps, 'azure' | 'report'>,
  cluster: Cluster,
  nodes: NodeRequest['nodes'],
  signal: AbortSignal,
): Promise<readonly NodeIdentities[]> {
  report.progress(`Reading the machines of cluster ${cluster.id.name}`);
  const machines = await findMachines({ azure, signal }, cluster, nodes);
  return await readNodes({ azure, report, signal }, machines);
}
