import { PodidError } from '../../errors/podid-error.ts';
import type { Machine } from '../azure/machines.ts';
import { nextCommand } from '../hints/next-command.ts';
import type { AgentPool, Cluster } from './cluster.ts';

/**
 * The pools whose machines are meant: those named, else every Linux one. No pools at all when the server
 * leaves them out of its answer.
 *
 * @throws PodidError NodePoolNotFound | NoLinuxScaleSetPool (a pool that is named is no Linux pool, or there
 * is none)
 */
export function choosePools({ id, pools }: Cluster, names: readonly string[]): readonly AgentPool[] {
  const isNamed = ({ name }: AgentPool) => names.some((one) => one.toLowerCase() === name.toLowerCase());
  const missing = names.filter((one) => !pools.some(({ name }) => name.toLowerCase() === one.toLowerCase()));
  if (missing.length > 0) {
    throw new PodidError(
      'NodePoolNotFound',
      `Cluster ${id.name} has no node pool ${missing.join(', ')}; it has ${pools.map(({ name }) => name).join(', ') || 'none'}.`,
      { hint: nextCommand('node list', id) },
    );
  }
  const chosen = names.length === 0 ? pools : pools.filter(isNamed);
  const useless = chosen.filter((pool) => !isLinux(pool));
  if ((names.length > 0 && useless.length > 0) || (pools.length > 0 && useless.length === chosen.length)) {
    throw new PodidError(
      'NoLinuxScaleSetPool',
      `Pods on Windows get no tokens from identities of their nodes: ${useless.map(({ name }) => name).join(', ')}.`,
      { hint: nextCommand('node list', id) },
    );
  }
  return chosen.filter(isLinux);
}

/**
 * Of the machines those of the pools, a pool after the other; without any pool to go by, every Linux machine
 * that AKS made.
 */
export function machinesOfPools(
  pools: readonly AgentPool[],
  machines: readonly Machine[],
): readonly Machine[] {
  if (pools.length === 0) {
    return machines.filter(({ poolName, osType }) => poolName !== undefined && /^linux$/i.test(osType));
  }
  return pools.flatMap((pool) => machines.filter((machine) => belongsTo(machine, pool)));
}

/** By the tag; else by the name that AKS gives: `aks-POOL-12345678-vmss`, `aks-POOL-12345678-0`. */
function belongsTo({ name, poolName }: Machine, pool: AgentPool): boolean {
  const owner = poolName ?? /^aks-([a-z0-9]+)-\d+-(?:vmss|vms\d+|\d+)$/i.exec(name)?.[1];
  return owner?.toLowerCase() === pool.name.toLowerCase();
}

function isLinux({ osType }: AgentPool): boolean {
  return osType.toLowerCase() !== 'windows';
}
