import type { Rollout, TaintedNode } from '../../../domain/kubernetes/agent-cluster.ts';
import type { AgentRelease } from '../../../domain/kubernetes/agent-values.ts';
import { refOf } from '../../../domain/kubernetes/kube-object.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { command, type Hint } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';
import { untilPodsAreGone } from '../until-pods-are-gone.ts';
import { type CleanUpTools, renderCleanUp } from './render-clean-up.ts';

export interface CleanedNode {
  readonly name: string;
  readonly clean: boolean;
  /** Why it is not. */
  readonly reason?: string;
}

export interface CleanUpRequest {
  readonly release: AgentRelease;
  readonly tools: CleanUpTools;
  /** The only node to clean. */
  readonly node?: string;
  /** Key of the taint that podid takes off nodes; absent: none is looked for. */
  readonly startupTaint?: string;
}

/**
 * Takes rules, boot guard and taint off every node, by a DaemonSet that it makes and takes away again. A node
 * that cannot be reached is named and not waited for once all others are clean.
 *
 * @throws PodidError AgentRefused | Forbidden | ClusterUnreachable
 */
export async function cleanUpNodes(
  deps: AgentDeps,
  { release, tools, node, startupTaint }: CleanUpRequest,
  wait: AgentWait,
): Promise<readonly CleanedNode[]> {
  const { agent, report } = deps;
  const { signal } = wait;
  const daemonSet = renderCleanUp(tools, release, node);
  await removeCleanUp(deps, daemonSet, wait);
  report.progress('Starting the clean-up on the nodes');
  await agent.createBriefly(daemonSet, signal);
  try {
    const nodes = await untilClean(deps, daemonSet, node, wait);
    for (const { name, taints } of nodes.known) {
      if (startupTaint !== undefined && taints.some(({ key }) => key === startupTaint)) {
        await agent.removeTaint(name, startupTaint, signal);
      }
    }
    return nodes.cleaned;
  } finally {
    // Interrupted or not: what was made for the clean-up does not stay.
    await removeCleanUp(deps, daemonSet, { ...wait, signal: AbortSignal.timeout(removalMs) });
  }
}

/** Undefined where every node is clean. @param hint what cleans the others */
export function nodesMissed(nodes: readonly CleanedNode[], hint: Hint): PodidError | undefined {
  const missed = nodes.filter(({ clean }) => !clean);
  if (missed.length === 0) {
    return undefined;
  }
  const names = missed.slice(0, 5).map(({ name, reason }) => `${name} (${reason})`);
  const more = missed.length > 5 ? ` and ${missed.length - 5} more` : '';
  return new PodidError(
    'CleanUpIncomplete',
    `${missed.length} of ${nodes.length} nodes may still hold rules: ${names.join(', ')}${more}.`,
    {
      hint,
      details: missed.map(({ name, reason }) => ({ code: 'NodeMissed', message: `${name}: ${reason}` })),
    },
  );
}

const removalMs = 60_000;

async function removeCleanUp(
  deps: AgentDeps,
  daemonSet: ReturnType<typeof renderCleanUp>,
  wait: AgentWait,
): Promise<void> {
  const ref = refOf(daemonSet);
  if (!(await deps.agent.remove(ref, wait.signal))) {
    return;
  }
  const selector = daemonSet.metadata.labels ?? {};
  await untilPodsAreGone(
    deps,
    { namespace: ref.namespace ?? '', selector },
    { ...wait, timeoutMs: removalMs },
  ).catch((error: unknown) => {
    // Pods of nodes that are away end when those come back, or go with them.
    if (!isPodidError(error, 'AgentNotReady')) {
      throw error;
    }
  });
}

async function untilClean(
  deps: AgentDeps,
  daemonSet: ReturnType<typeof renderCleanUp>,
  node: string | undefined,
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<{ readonly cleaned: readonly CleanedNode[]; readonly known: readonly TaintedNode[] }> {
  const { agent, clock, report } = deps;
  const { name, namespace = '' } = daemonSet.metadata;
  const deadline = startDeadline(clock, timeoutMs, signal);
  const cleaning = {};
  for (;;) {
    const [rollout, known] = await Promise.all([
      agent.rollout({ namespace, name }, signal),
      knownNodes(deps, node, signal),
    ]);
    const cleaned = judgeNodes(rollout, known);
    if (rollout.failure !== undefined || (rollout.counted && isSettled(rollout, cleaned, known))) {
      return { cleaned, known };
    }
    const done = cleaned.filter(({ clean }) => clean).length;
    report.progress(
      [`Cleaned ${done} of ${cleaned.length} nodes`, ...waitingFor(cleaned), ...rollout.trouble].join('; '),
      { wait: cleaning },
    );
    if (deadline.passed()) {
      return { cleaned, known };
    }
    await deadline.pause(intervalMs);
  }
}

/** @throws PodidError EntryNotFound: there is no such node, or none that an agent belongs on */
export async function knownNodes(
  { agent }: Pick<AgentDeps, 'agent'>,
  node: string | undefined,
  signal: AbortSignal,
): Promise<readonly TaintedNode[]> {
  const all = await agent.taintedNodes(signal);
  const nodes = all.filter(({ takesAgent }) => takesAgent);
  if (node === undefined) {
    return nodes;
  }
  const found = nodes.filter(({ name }) => name === node);
  if (found.length === 0) {
    throw new PodidError('EntryNotFound', noSuchNode(node, all), { hint: command('kubectl get nodes') });
  }
  return found;
}

function noSuchNode(node: string, all: readonly TaintedNode[]): string {
  if (all.some(({ name }) => name === node)) {
    return `Node ${node} is not a Linux machine of the cluster's own, so that no agent was there.`;
  }
  const names = all.filter(({ takesAgent }) => takesAgent).map(({ name }) => name);
  const shown = [...names.slice(0, 5), ...(names.length > 5 ? [`${names.length - 5} more`] : [])];
  return `The cluster has no node ${node}. Its Linux nodes: ${shown.join(', ') || 'none'}.`;
}

/** Each node as it stands, those without a pod among them. */
export function judgeNodes(rollout: Rollout, known: readonly TaintedNode[]): readonly CleanedNode[] {
  const pods = new Map(rollout.nodes.map((pod) => [pod.name, pod]));
  return known.map(({ name, ready }) => {
    const pod = pods.get(name);
    if (pod?.ready) {
      return { name, clean: true };
    }
    const unstarted = rollout.failure ?? 'no pod was started on it';
    const reason = ready ? (pod?.reason ?? unstarted) : 'the node is not ready';
    return { name, clean: false, reason };
  });
}

/** Only nodes that are away are left, and for those nobody waits. */
function isSettled(
  { nodes, desired }: Rollout,
  cleaned: readonly CleanedNode[],
  known: readonly TaintedNode[],
): boolean {
  const away = new Set(known.filter(({ ready }) => !ready).map(({ name }) => name));
  return nodes.length >= desired && cleaned.every(({ name, clean }) => clean || away.has(name));
}

function waitingFor(nodes: readonly CleanedNode[]): readonly string[] {
  const waiting = nodes.filter(({ clean }) => !clean);
  return waiting.slice(0, 3).map(({ name, reason }) => `${name}: ${reason}`);
}
