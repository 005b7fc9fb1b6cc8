import type { AgentPod, Workloads } from '../../domain/kubernetes/workloads.ts';
import type { SeenPod, SeenPods, WatchedNode } from '../../domain/migrate/seen.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { type AgentRecord, parseAgentRecord } from '../../validate/kubernetes/agent-record.ts';

type Answer =
  | { readonly kind: 'record'; readonly node: string; readonly record: AgentRecord }
  | { readonly kind: 'none'; readonly node: string; readonly why: string };

/** Asks every agent of podid's, as `podid nmi status` asks them for their metrics. */
export function readSeen(workloads: Pick<Workloads, 'ask'>): SeenPods<AgentPod> {
  return {
    async record(all, signal) {
      const agents = all.filter(({ podidImage }) => podidImage !== undefined);
      if (agents.length === 0) {
        return undefined;
      }
      const answers = await eachConcurrently(agents, (agent) => askAgent(workloads, agent, signal));
      const nodes: WatchedNode[] = [];
      const pods: SeenPod[] = [];
      for (const answer of answers) {
        if (answer.kind === 'record') {
          const { since, forgotten, pods: own } = answer.record;
          nodes.push({ name: answer.node, since, ...(forgotten === undefined ? {} : { forgotten }) });
          pods.push(...own);
        }
      }
      const since =
        nodes
          .map((node) => node.since)
          .toSorted()
          .at(-1) ?? '';
      const unheard = answers.flatMap((answer) =>
        answer.kind === 'none' ? [{ node: answer.node, why: answer.why }] : [],
      );
      return { since, nodes, unheard, pods };
    },
  };
}

async function askAgent(
  workloads: Pick<Workloads, 'ask'>,
  agent: AgentPod,
  signal: AbortSignal,
): Promise<Answer> {
  const { nodeName: node, metricsPort } = agent;
  try {
    const { status, text } = await workloads.ask(agent, metricsPort, '/record', signal);
    if (status === 404) {
      return { kind: 'none', node, why: 'this agent is of a version that keeps no record' };
    }
    if (status === 403) {
      return { kind: 'none', node, why: forItsNode(agent) };
    }
    const record = status === 200 ? parseAgentRecord(text) : undefined;
    return record === undefined
      ? { kind: 'none', node, why: `it answered ${status}, and no record` }
      : { kind: 'record', node, record };
  } catch (error) {
    if (!isPodidError(error, 'Forbidden', 'ClusterUnreachable')) {
      throw error;
    }
    return { kind: 'none', node, why: error.message };
  }
}

function forItsNode({ namespace }: AgentPod): string {
  return `it tells its own node alone (403), and no way led there by the kubelet, which takes create and get of pods/portforward in namespace ${namespace}`;
}
