import type { Rollout } from '../../../domain/kubernetes/agent-cluster.ts';
import { type AgentInstallation, agentKindText } from '../../../domain/kubernetes/agent-installation.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/** How long a DaemonSet's controller may take to send a pod to a node that has just joined. */
const joiningMs = 15_000;

/**
 * Waits until each node with a pod of the other agent has a ready pod of podid's as well: those nodes count,
 * not the ones that podid's own DaemonSet means to reach.
 *
 * @throws PodidError AgentNotReady with the nodes that would be open without the other agent
 */
export async function expectAgentBeside(
  { agent, clock, report }: AgentDeps,
  { daemonSet, other }: { readonly daemonSet: KubeObject; readonly other: AgentInstallation },
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<void> {
  const { name, namespace = '' } = daemonSet.metadata;
  const deadline = startDeadline(clock, timeoutMs, signal);
  const joining = startDeadline(clock, Math.min(joiningMs, timeoutMs), signal);
  const wait = {};
  for (;;) {
    // Theirs first: a node that joins between the two is one more of ours, never one less.
    const theirs = await agent.rollout(other, signal);
    const ours = await agent.rollout({ namespace, name }, signal);
    const open = await openNodes(agent, { theirs, ours }, signal);
    // Theirs may be about to stand on one node more.
    const isWhole = theirs.nodes.length + theirs.ending.length >= theirs.desired || joining.passed();
    if (theirs.counted && ours.counted && isWhole && open.length === 0) {
      return;
    }
    const isLeftOut = open.some(({ hasPod }) => !hasPod);
    if (deadline.passed() || (isLeftOut && joining.passed())) {
      throw notBeside(other, { open, of: theirs.nodes.length, namespace });
    }
    report.progress(
      `Waiting for podid's agent ${open.length === 0 ? 'to be counted' : `on ${namesOf(open)}`}`,
      { wait },
    );
    await deadline.pause(intervalMs);
  }
}

interface OpenNode {
  readonly name: string;
  readonly hasPod: boolean;
  readonly reason: string;
}

/**
 * Nodes with a pod of theirs, be it ending, and no ready one of ours. Of those without any of ours only nodes that are
 * still there and can run an agent count: what is bound to a node that is gone, to Windows or to a virtual kubelet
 * protects nobody.
 */
async function openNodes(
  agent: Pick<AgentDeps['agent'], 'taintedNodes'>,
  { theirs, ours }: { readonly theirs: Rollout; readonly ours: Pick<Rollout, 'nodes'> },
  signal: AbortSignal,
): Promise<readonly OpenNode[]> {
  const pods = new Map(ours.nodes.map((pod) => [pod.name, pod]));
  const names = [...new Set([...theirs.nodes.map(({ name }) => name), ...theirs.ending])].toSorted();
  const open = names
    .filter((name) => !pods.get(name)?.ready)
    .map((name) => {
      const pod = pods.get(name);
      const reason =
        pod === undefined ? "no pod of podid's agent is scheduled there" : (pod.reason ?? 'starting');
      return { name, hasPod: pod !== undefined, reason };
    });
  const agents = open.every(({ hasPod }) => hasPod) ? undefined : await nodesForAgents(agent, signal);
  return open.filter(({ name, hasPod }) => hasPod || agents === undefined || agents.has(name));
}

/** Undefined for whoever may not list nodes. */
async function nodesForAgents(
  agent: Pick<AgentDeps['agent'], 'taintedNodes'>,
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  try {
    const nodes = await agent.taintedNodes(signal);
    return new Set(nodes.filter(({ takesAgent }) => takesAgent).map(({ name }) => name));
  } catch (error) {
    if (!isPodidError(error, 'Forbidden')) {
      throw error;
    }
    return undefined;
  }
}

/** `aks-1 (ImagePullBackOff: …), aks-2 (…) and 3 more`. */
function namesOf(open: readonly OpenNode[]): string {
  const shown = open.slice(0, 5).map(({ name, reason }) => `${name} (${reason})`);
  return `${shown.join(', ')}${open.length > 5 ? ` and ${open.length - 5} more` : ''}`;
}

function notBeside(
  other: AgentInstallation,
  { open, of, namespace }: { open: readonly OpenNode[]; of: number; namespace: string },
): PodidError {
  const where = open.length === 0 ? '' : `: ${namesOf(open)}`;
  return new PodidError(
    'AgentNotReady',
    `podid's agent runs beside ${agentKindText(other)}, but is not ready on ${open.length} of the ${of} nodes where that one runs${where}. Nothing was removed: pods on those nodes would reach the node's own identities.`,
    {
      hint: advice`Let podid's agent onto them (nmi.nodeSelector, nmi.affinity, nmi.tolerations, podid.tolerateNothing) and give the same command again; which node has what: ${command('podid nmi status --namespace', namespace)}`,
      details: open.map(({ name, reason }) => ({ code: 'NodeNotReady', message: `${name}: ${reason}` })),
    },
  );
}

/** Whoever then takes the other agent away by other means has to know. */
export async function warnOfNodesWithOthersAlone(
  { agent, report }: AgentDeps,
  { found, nodes }: { readonly found: readonly AgentInstallation[]; readonly nodes: Rollout['nodes'] },
  signal: AbortSignal,
): Promise<void> {
  for (const other of found.filter(({ kind }) => kind !== 'podid')) {
    const theirs = await agent.rollout(other, signal);
    const alone = await openNodes(agent, { theirs, ours: { nodes } }, signal);
    if (alone.length > 0) {
      report.warn(
        `Not on ${alone.length} of the ${theirs.nodes.length} nodes of ${agentKindText(other)}: ${namesOf(alone)}. Without that one, pods there can use the node's own identities.`,
        advice`Let it onto them (nmi.nodeSelector, nmi.affinity, nmi.tolerations) before the other one goes`,
      );
    }
  }
}
