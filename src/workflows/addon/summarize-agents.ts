import type { Deps } from '../../domain/deps.ts';
import type { AgentPod, ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { AgentNode } from '../agent/status/agent-node.ts';
import { readAgentStatus } from '../agent/status/read-agent-status.ts';
import type { AskedPod } from '../load/ask-agents.ts';
import { type LastRefusals, lastRefusals } from '../load/last-refusals.ts';

export interface AgentSummary {
  readonly installed: boolean;
  /** Empty when it is not installed. */
  readonly version: string;
  readonly mode: string;
  /** How many there are; null where they may not be listed. */
  readonly nodes: number | null;
  /** On how many of them the agent is ready; null where the agents' pods may not be listed. */
  readonly ready: number | null;
  /** Where nodes may not be listed: those that have an agent. */
  readonly byNode: readonly NodeSummary[];
  /** Undefined where there is no agent of podid's that could be asked. */
  readonly refusals: LastRefusals | undefined;
}

export interface NodeSummary {
  readonly name: string;
  /** Null where the agents' pods may not be listed. */
  readonly ready: boolean | null;
  /** Why it is not, or what else is wrong there; empty: nothing that is known. */
  readonly reason: string;
}

type AgentsDeps = Pick<ConnectedCluster, 'agent' | 'workloads' | 'standardMode' | 'load'> &
  Pick<Deps, 'clock' | 'report' | 'confirm'>;

/**
 * How agents stand, node by node, and whom they refused. What one of them does not say in time is unknown.
 *
 * @throws PodidError Forbidden when not even DaemonSets may be listed | ClusterUnreachable
 */
export async function summarizeAgents(
  deps: AgentsDeps,
  isAddonOn: boolean,
  signal: AbortSignal,
): Promise<AgentSummary> {
  const addonState = async () => (isAddonOn ? ('on' as const) : ('off' as const));
  const question = { namespace: 'kube-system', addonState, patienceMs };
  const { status, asked } = await readAgentStatus(deps, question, signal);
  const agents = asked ?? [];
  const [reasons, refusals] = await Promise.all([
    unreadyReasons(deps, agents, signal),
    lastRefusals(deps, { agents, patienceMs, most: mostRefusals }, signal),
  ]);
  const { installed, version, mode, nodesRead, nodes } = status;
  return {
    installed,
    version,
    mode,
    nodes: nodesRead ? nodes.length : null,
    ready: asked === undefined ? null : nodes.filter(({ ready }) => ready).length,
    byNode: nodes.map((node) => summaryOf(node, asked, reasons)),
    refusals: agents.length === 0 ? undefined : refusals,
  };
}

/** Somebody waits for one screen; an API server answers for a thousand agents in that time. */
const patienceMs = 15_000;
const mostRefusals = 5;

function summaryOf(
  node: AgentNode,
  asked: readonly AskedPod[] | undefined,
  reasons: ReadonlyMap<string, string>,
): NodeSummary {
  const { name, ready } = node;
  if (asked === undefined) {
    return { name, ready: null, reason: 'its agent may not be seen' };
  }
  if (!asked.some(({ pod }) => pod.nodeName === name)) {
    return { name, ready: false, reason: 'no agent' };
  }
  return { name, ready, reason: ready ? troubleOf(node) : (reasons.get(name) ?? '') };
}

/** What is wrong on a node whose agent Kubernetes calls ready. */
function troubleOf({ rules, exchange, exchangeFailure, hold }: AgentNode): string {
  const all = [
    rules === 'missing' ? 'its redirect rules are missing' : '',
    exchangeFailure === '' ? '' : `no tokens by exchange: ${exchangeFailure}`,
    exchange === 'unguarded' ? 'exchange without its policies' : '',
    hold === 'refused' ? 'it does not hold what the takeover gave it' : '',
  ];
  return all.filter((each) => each !== '').join(', ');
}

/** By node: what a few agents say themselves, and of the others what Kubernetes says of their pods. */
async function unreadyReasons(
  { agent, workloads, clock }: AgentsDeps,
  agents: readonly AskedPod[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const unready = agents.map(({ pod }) => pod).filter(({ ready }) => !ready);
  const sets = new Map(
    unready.map(({ namespace, daemonSet: name }) => [`${namespace}/${name}`, { namespace, name }]),
  );
  const orNothing = async <Value>(
    read: (inner: AbortSignal) => Promise<Value>,
  ): Promise<Value | undefined> => {
    try {
      return await withinTime({ clock, ms: reasonMs }, signal, read);
    } catch (error) {
      if (!isPodidError(error)) {
        throw error;
      }
      return undefined;
    }
  };
  const readiness = (pod: AgentPod) =>
    orNothing((inner) => workloads.ask(pod, pod.probePort, '/readyz', inner));
  const [rollouts, answers] = await Promise.all([
    eachConcurrently([...sets.values()], (set) => orNothing((inner) => agent.rollout(set, inner))),
    eachConcurrently(unready.slice(0, mostAsked), async (pod) => ({ pod, answer: await readiness(pod) })),
  ]);
  const reasons = new Map(
    rollouts.flatMap((rollout) => rollout?.nodes ?? []).map(({ name, reason = '' }) => [name, reason]),
  );
  for (const { pod, answer } of answers) {
    if (answer?.status === 503 && answer.text.trim() !== '') {
      reasons.set(pod.nodeName, answer.text.trim().slice(0, mostLetters));
    }
  }
  return reasons;
}

const reasonMs = 5000;
/** How many are asked themselves: more are not named on a screen. */
const mostAsked = 5;
const mostLetters = 300;
