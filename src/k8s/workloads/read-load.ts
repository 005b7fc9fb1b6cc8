import type { Workloads } from '../../domain/kubernetes/workloads.ts';
import type { AgentLoads, AskedAgent, AskedPod } from '../../domain/load/agent-load.ts';
import { newestRefusals } from '../../domain/load/refusals.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { parseAskedPods, parseRefusals } from '../../validate/kubernetes/agent-record.ts';

/** An agent that does not answer by then is named, and the others are shown without it. */
const patienceMs = 5000;

export function readLoad(workloads: Pick<Workloads, 'ask'>, clock: Clock): AgentLoads {
  return {
    async scrape(agent, signal) {
      const { nodeName: node, metricsPort } = agent;
      const scraped = await inTime(signal, async (ofScrape) => {
        const { status, text } = await workloads.ask(agent, metricsPort, '/metrics', ofScrape);
        const atMs = clock.monotonic();
        return status === 200
          ? said({ atMs, metrics: text, pods: await recordOf(workloads, agent, ofScrape) })
          : silent(`It answered with HTTP ${status}.`);
      });
      return scraped.kind === 'silent'
        ? { kind: 'none', node, why: scraped.why }
        : { kind: 'heard', node, pod: `${agent.namespace}/${agent.name}`, ...scraped.value };
    },
    async refusals(agent, signal) {
      const read = await inTime(signal, async (ofRead) => {
        const { status, text } = await workloads.ask(agent, agent.metricsPort, '/record', ofRead);
        const record = status === 200 ? parseRefusals(text) : undefined;
        const why =
          status === 404
            ? 'This agent is of a version that keeps no record.'
            : `It answered with HTTP ${status}, and no record.`;
        return record === undefined ? silent(why) : said(record);
      });
      return read.kind === 'silent'
        ? { kind: 'none', why: read.why }
        : { kind: 'record', since: read.value.since, pods: newestRefusals(read.value.pods, mostRefused) };
    },
  };
}

/** Of one agent: nobody shows more. */
const mostRefused = 20;

/** What one agent says, or in a sentence why it says nothing. */
type Voice<Value> =
  | { readonly kind: 'said'; readonly value: Value }
  | { readonly kind: 'silent'; readonly why: string };

function said<Value>(value: Value): Voice<Value> {
  return { kind: 'said', value };
}

function silent(why: string): Voice<never> {
  return { kind: 'silent', why };
}

/** @throws the signal's reason alone */
async function inTime<Value>(
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<Voice<Value>>,
): Promise<Voice<Value>> {
  const limit = AbortSignal.timeout(patienceMs);
  try {
    return await ask(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) {
      return silent(`No answer within ${patienceMs / 1000} s.`);
    }
    if (!isPodidError(error)) {
      throw error;
    }
    const more = error.details.map(({ message }) => message).filter((text) => !error.message.includes(text));
    return silent([error.message, ...more].join(' '));
  }
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
