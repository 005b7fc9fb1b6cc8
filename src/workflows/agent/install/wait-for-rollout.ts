import type { Rollout } from '../../../domain/kubernetes/agent-cluster.ts';
import type { KubeObject } from '../../../domain/kubernetes/kube-object.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError, PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/**
 * Waits until the newest template is ready on every node, and reports node by node. @throws PodidError
 * AgentNotReady
 */
export async function waitForRollout(
  deps: AgentDeps,
  daemonSet: KubeObject,
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<Rollout['nodes']> {
  const { agent, clock, report } = deps;
  const { name, namespace = '' } = daemonSet.metadata;
  const deadline = startDeadline(clock, timeoutMs, signal);
  const wait = {};
  for (;;) {
    const rollout = await agent.rollout({ namespace, name }, signal);
    if (isRolledOut(rollout)) {
      return rollout.nodes;
    }
    report.progress(rolloutText(rollout), { wait });
    if (rollout.failure !== undefined) {
      throw notStarted(rollout, rollout.failure, await anyBinding(deps, signal));
    }
    if (deadline.passed()) {
      throw notReady(rollout, namespace, timeoutMs);
    }
    await deadline.pause(intervalMs);
  }
}

function isRolledOut({ counted, desired, nodes }: Rollout): boolean {
  return counted && nodes.filter(({ ready }) => ready).length >= desired && nodes.every(({ ready }) => ready);
}

/** `2 of 3 nodes are ready; aks-1: container serve: ImagePullBackOff`. */
function rolloutText({ counted, desired, nodes, trouble }: Rollout): string {
  if (!counted) {
    return 'Waiting for the cluster to count the nodes';
  }
  const ready = nodes.filter((node) => node.ready).length;
  const waiting = nodes.filter((node) => !node.ready);
  const shown = waiting.slice(0, 3).map(({ name, reason }) => `${name}: ${reason ?? 'starting'}`);
  const more = waiting.length > 3 ? [`and ${waiting.length - 3} more`] : [];
  const lacking = waiting.length === 0 && ready < desired ? trouble.slice(0, 1) : [];
  return [`${ready} of ${desired} nodes are ready`, ...shown, ...more, ...lacking].join('; ');
}

function notReady(rollout: Rollout, namespace: string, timeoutMs: number): PodidError {
  const message = `The agent is installed, and after ${Math.round(timeoutMs / 1000)} s not ready everywhere: ${rolloutText(rollout)}.`;
  return new PodidError('AgentNotReady', message, {
    hint: command('podid nmi status --namespace', namespace),
    details: detailsOf(rollout),
  });
}

/** Of a cluster whose nodes run no pods: the emulator's. @param pod `NAMESPACE/LABEL` */
function notStarted(rollout: Rollout, failure: string, pod: string): PodidError {
  const message = `The agent is installed, and no pod of it is started: ${failure}.`;
  return new PodidError('AgentNotReady', message, {
    hint: advice`Beside podid emulator, an agent for one pod: ${command('podid token --emulated-pod', pod)}`,
    details: detailsOf(rollout),
  });
}

function detailsOf({ nodes, trouble }: Rollout) {
  return [
    ...nodes
      .filter(({ ready }) => !ready)
      .map(({ name, reason }) => ({ code: 'NodeNotReady', message: `${name}: ${reason ?? 'starting'}` })),
    ...trouble.map((message) => ({ code: 'FailedCreate', message })),
  ];
}

/** `NAMESPACE/LABEL` of a pod that would get a token here: the reader's own words, where there are any. */
async function anyBinding(deps: AgentDeps, signal: AbortSignal): Promise<string> {
  const found = await deps.read?.(signal).catch((error: unknown) => {
    // What cannot be read for the sake of a hint is not worth another error.
    if (isPodidError(error)) {
      return undefined;
    }
    throw error;
  });
  const bound = found?.identities.find(({ bindingSelector = '' }) => bindingSelector !== '');
  return bound === undefined ? 'NAMESPACE/LABEL' : `${bound.namespace}/${bound.bindingSelector}`;
}
