import { exchangeDefaultsOf } from '../../domain/entries/exchanged-entries.ts';
import type { ExchangeDefaults } from '../../domain/exchange/token-source.ts';
import { believedAgents } from '../../domain/kubernetes/own-agents/believed-agents.ts';
import type { ReachedObjects } from '../../domain/kubernetes/workloads.ts';
import { unlessForbidden } from './controller-side.ts';

/**
 * How podid's agents are set to exchange tokens, which no object says. Undefined where that cannot be seen: for want
 * of a right, or behind a command that Azure runs. @throws PodidError ClusterUnreachable
 */
export async function readExchangeDefaults(
  { workloads }: Pick<ReachedObjects, 'workloads'>,
  signal: AbortSignal,
): Promise<ExchangeDefaults | undefined> {
  const agents = await unlessForbidden(workloads?.agents(signal).then(believedAgents));
  return agents && exchangeDefaultsOf(agents);
}
