import { type Machine, type MachineKind, machineTypes } from '../../domain/azure/machines.ts';
import { choosePools, machinesOfPools } from '../../domain/clusters/choose-pools.ts';
import type { AgentPool, Cluster } from '../../domain/clusters/cluster.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Azure } from '../../domain/ports.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { NodeSelection } from './node-request.ts';

interface Reads {
  readonly azure: Pick<Azure, 'machines'>;
  readonly signal: AbortSignal;
}

/**
 * The machines that are meant, each once. Named scale sets and virtual machines may lie anywhere; pools are
 * those of the cluster.
 *
 * @throws PodidError NodePoolNotFound | NoLinuxScaleSetPool | MachineNotFound | Forbidden | Unavailable
 */
export async function findMachines(
  reads: Reads,
  cluster: Cluster,
  nodes: NodeSelection,
): Promise<readonly Machine[]> {
  const named = await eachConcurrently(idsOfNamed(cluster, nodes), (id) => getMachine(reads, cluster, id));
  const byPool =
    named.length > 0 && nodes.nodePools.length === 0 ? [] : await findByPool(reads, cluster, nodes);
  const distinct = new Map([...byPool, ...named].map((one) => [one.resourceId.toLowerCase(), one]));
  return [...distinct.values()];
}

function idsOfNamed(cluster: Cluster, nodes: NodeSelection): string[] {
  const idOf = (kind: MachineKind) => (text: string) =>
    text.startsWith('/')
      ? text
      : `/subscriptions/${cluster.id.subscriptionId}/resourceGroups/${nodeGroupOf(cluster, nodes)}/providers/${machineTypes[kind]}/${text}`;
  return [...nodes.scaleSets.map(idOf('vmss')), ...nodes.virtualMachines.map(idOf('vm'))];
}

async function getMachine({ azure, signal }: Reads, cluster: Cluster, id: string): Promise<Machine> {
  try {
    return await azure.machines.get(id, signal);
  } catch (error) {
    if (!isPodidError(error, 'MachineNotFound')) {
      throw error;
    }
    throw new PodidError('MachineNotFound', error.message, {
      hint: advice`${nextCommand('node list', cluster.id)}  # shows the machines of the cluster; for others, --node-resource-group names their group`,
      target: id,
      cause: error,
    });
  }
}

async function findByPool(
  { azure, signal }: Reads,
  cluster: Cluster,
  nodes: NodeSelection,
): Promise<readonly Machine[]> {
  const pools = choosePools(cluster, nodes.nodePools);
  const group = nodeGroupOf(cluster, nodes);
  const { subscriptionId } = cluster.id;
  const isOnScaleSets = ({ type }: AgentPool) => /^virtualmachinescalesets$/i.test(type);
  const [sets, machines] = await Promise.all([
    pools.length === 0 || pools.some(isOnScaleSets)
      ? azure.machines.scaleSets(subscriptionId, group, signal)
      : [],
    pools.every(isOnScaleSets) ? [] : azure.machines.virtualMachines(subscriptionId, group, signal),
  ]);
  const found = machinesOfPools(pools, [...sets, ...machines]);
  const empty = pools.filter((pool) => machinesOfPools([pool], found).length === 0);
  if (found.length === 0 || (nodes.nodePools.length > 0 && empty.length > 0)) {
    const which =
      empty.length === 0 ? `cluster ${cluster.id.name}` : empty.map(({ name }) => name).join(', ');
    throw new PodidError(
      'NodePoolNotFound',
      `Resource group ${group} has no machines of ${empty.length > 0 ? 'node pool ' : ''}${which}.`,
      {
        hint: command('az vmss list -g', group, '--subscription', subscriptionId, '-o', 'table'),
        target: cluster.resourceId,
      },
    );
  }
  return found;
}

function nodeGroupOf({ id, nodeResourceGroup, resourceId }: Cluster, nodes: NodeSelection): string {
  const group = nodes.nodeResourceGroup ?? nodeResourceGroup;
  if (group !== undefined) {
    return group;
  }
  throw new PodidError('Unavailable', `Azure names no node resource group of cluster ${id.name}.`, {
    hint: advice`Name it: --node-resource-group GROUP`,
    target: resourceId,
  });
}
