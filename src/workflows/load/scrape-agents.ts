import { believedAgents } from '../../domain/kubernetes/own-agents/believed-agents.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import type { AskedAgent, Scrape } from '../../domain/load/agent-load.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';

type LoadDeps = Pick<ConnectedCluster, 'workloads' | 'load'>;

/** podid's own, wherever an administrator installed them; another NMI keeps other numbers. @throws PodidError Forbidden | ClusterUnreachable */
export async function listAgents(
  { workloads }: LoadDeps,
  signal: AbortSignal,
): Promise<readonly AskedAgent[]> {
  const agents = believedAgents(await workloads.agents(signal));
  return agents.filter(({ podidImage }) => podidImage !== undefined);
}

/** Asks all of them at once, as far as the API server bears it. @throws the signal's reason alone */
export function scrapeAgents(
  { load }: LoadDeps,
  agents: readonly AskedAgent[],
  signal: AbortSignal,
): Promise<readonly Scrape[]> {
  return eachConcurrently(agents, (agent) => load.scrape(agent, signal), 16);
}
