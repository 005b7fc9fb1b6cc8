import type { Workloads } from '../../domain/kubernetes/workloads.ts';
import type { AgentLoads, AskedAgent, AskedPod } from '../../domain/load/agent-load.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { parseAskedPods } from '../../validate/kubernetes/agent-record.ts';

/** An agent that does not answer by then is named, and the others are shown without it. */
const patienceMs = 5000;

export function readLoad(workloads: Pick<Workloads, 'ask'>, clock: Clock): AgentLoads {
  return {
    async scrape(agent, signal) {
      const { nodeName: node, metricsPort } = agent;
      const limit = AbortSignal.timeout(patienceMs);
      const ofScrape = AbortSignal.any([signal, limit]);
      try {
        const { status, text } = await workloads.ask(agent, metricsPort, '/metrics', ofScrape);
        const atMs = clock.monotonic();
        if (status !== 200) {
          return { kind: 'none', node, why: `It answered with HTTP ${status}.` };
        }
        return {
          kind: 'heard',
          node,
          pod: `${agent.namespace}/${agent.name}`,
          atMs,
          metrics: text,
          pods: await recordOf(workloads, agent, ofScrape),
        };
      } catch (error) {
        signal.throwIfAborted();
        if (limit.aborted) {
          return { kind: 'none', node, why: `No answer within ${patienceMs / 1000} s.` };
        }
        if (!isPodidError(error)) {
          throw error;
        }
        const said = error.details
          .map(({ message }) => message)
          .filter((text) => !error.message.includes(text));
        return { kind: 'none', node, why: [error.message, ...said].join(' ') };
      }
    },
  };
}

/** Agents of older versions keep none. */
async function recordOf(
  workloads: Pick<Workloads, 'ask'>,
  agent: AskedAgent,
  signal: AbortSignal,
): Promise<readonly AskedPod[]> {
  try {
    const { status, text } = await workloads.ask(agent, agent.metricsPort, '/record', signal);
    return status === 200 ? parseAskedPods(text) : [];
  } catch (error) {
    if (!isPodidError(error)) {
      throw error;
    }
    return [];
  }
}
