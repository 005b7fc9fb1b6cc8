import type { AgentRelease, AgentValues } from '../../domain/kubernetes/agent-values.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from './agent-deps.ts';

export interface AwaitedPods {
  readonly namespace: string;
  readonly selector: Readonly<Record<string, string>>;
}

/**
 * Waits for the pods of a DaemonSet or Deployment that was deleted: while one runs it keeps its rules, or puts
 * identities back.
 *
 * @throws PodidError
 * AgentNotReady
 */
export async function untilPodsAreGone(
  { agent, clock, report }: AgentDeps,
  pods: AwaitedPods,
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<void> {
  const deadline = startDeadline(clock, timeoutMs, signal);
  const wait = {};
  for (;;) {
    const left = await agent.podsLeft(pods.namespace, pods.selector, signal);
    if (left.length === 0) {
      return;
    }
    report.progress(`Waiting for ${left.length === 1 ? `pod ${left[0]}` : `${left.length} pods`} to end`, {
      wait,
    });
    if (deadline.passed()) {
      throw new PodidError(
        'AgentNotReady',
        `What runs them is deleted, and ${left.length} of its pods have not ended within ${Math.round(timeoutMs / 1000)} s.`,
        { hint: command('kubectl get pod -n', pods.namespace, left[0] ?? '') },
      );
    }
    await deadline.pause(intervalMs);
  }
}

/** One that still runs would put identities back. */
export function controllerPods({ namespace, name }: AgentRelease): AwaitedPods {
  const selector = { 'app.kubernetes.io/component': 'mic', 'app.kubernetes.io/instance': name };
  return { namespace, selector };
}

/** Of an agent whose DaemonSet is gone already: Helm starts the clean-up while its pods are still ending. */
export function agentPods(
  { namespace }: AgentRelease,
  { nameOverride }: Pick<AgentValues, 'nameOverride'>,
): AwaitedPods {
  const selector = {
    'app.kubernetes.io/name': nameOverride || 'podid',
    'app.kubernetes.io/component': 'nmi',
  };
  return { namespace, selector };
}
