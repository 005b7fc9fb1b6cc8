import type { AgentRelease, AgentValues } from '../../../domain/kubernetes/agent-values.ts';
import { crossingUndecidedText } from '../../../domain/kubernetes/controller-values.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { AgentDeps, AgentWait } from '../agent-deps.ts';

/**
 * In standard mode waits until every instance of the controller is ready; in managed mode there is none to wait
 * for. @throws PodidError AgentNotReady
 */
export async function waitForController(
  { agent, clock, report }: AgentDeps,
  { values, release }: { readonly values: AgentValues; readonly release: AgentRelease },
  { timeoutMs, intervalMs, signal }: AgentWait,
): Promise<void> {
  const { objects } = agent.render(values, release);
  const deployment = objects.find(({ kind }) => kind === 'Deployment');
  if (deployment === undefined) {
    return;
  }
  const { name, namespace = release.namespace } = deployment.metadata;
  const deadline = startDeadline(clock, timeoutMs, signal);
  const wait = {};
  for (;;) {
    const rollout = await agent.controllerRollout({ namespace, name }, signal);
    if (rollout?.done) {
      return;
    }
    const { ready = 0, desired = 0, trouble = [] } = rollout ?? {};
    const text = [`${ready} of ${desired} instances of the controller are ready`, ...trouble.slice(0, 2)];
    report.progress(text.join('; '), { wait });
    if (deadline.passed()) {
      throw new PodidError(
        'AgentNotReady',
        `The controller is installed, and after ${Math.round(timeoutMs / 1000)} s not ready: ${text.join('; ')}.`,
        {
          hint: command('kubectl logs -n', namespace, `deployment/${name}`),
          details: trouble.map((message) => ({ code: 'ControllerNotReady', message })),
        },
      );
    }
    await deadline.pause(intervalMs);
  }
}

/**
 * Where nobody says whether identities of other namespaces count, and pods have some, they would lose them.
 * @throws PodidError AgentRefused
 */
export async function expectNamespacesDecided(
  { standardMode }: AgentDeps,
  { mode, forceNamespaced }: AgentValues,
  signal: AbortSignal,
): Promise<void> {
  if (mode === 'managed' || forceNamespaced !== undefined) {
    return;
  }
  const assigned = await standardMode.assignments(signal);
  const crossing = assigned.flatMap(({ spec: { pod, podNamespace, azureIdentityRef: identity } }) => {
    const home = identity?.metadata.namespace;
    return identity === undefined || home === podNamespace
      ? []
      : [`${podNamespace}/${pod} of ${home}/${identity.metadata.name}`];
  });
  if (crossing.length > 0) {
    throw new PodidError('AgentRefused', crossingUndecidedText(crossing), {
      hint: advice`The same command with --set forceNamespaced=false or =true`,
    });
  }
}
