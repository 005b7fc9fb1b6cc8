import { changeAgent } from '../../domain/hints/change-agent.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { AgentPod, PodAnswer } from '../../domain/kubernetes/workloads.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import { advice, command, type Hint } from '../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../errors/podid-error.ts';
import type { AgentDeps } from '../agent/agent-deps.ts';

/** One agent, and what it said of itself. */
export interface AskedPod {
  readonly pod: AgentPod;
  /** Prometheus text; undefined when it could not be asked. */
  readonly metrics: string | undefined;
  /** Why it could not, in a sentence. */
  readonly silence?: string;
  /** Where a right is missing for that: who asks again gets the same answer. */
  readonly refusal?: PodidError;
}

interface Asking {
  readonly pods: readonly AgentPod[];
  readonly installation: AgentInstallation | undefined;
  /** For how long they are asked, all together; undefined: until each has answered, or the way to it has failed. */
  readonly patienceMs: number | undefined;
}

/** Asks each for its metrics, and reports once what is in the way of that. @throws the signal's reason alone */
export async function askAgents(
  { workloads, report, clock }: AgentDeps,
  { pods, installation, patienceMs }: Asking,
  signal: AbortSignal,
): Promise<readonly AskedPod[]> {
  let refused: PodidError | undefined;
  const deadline = patienceMs === undefined ? undefined : startDeadline(clock, patienceMs, signal);
  const within = async (ms: number, ask: (inner: AbortSignal) => Promise<PodAnswer>) =>
    ms === 0 ? undefined : await withinTime({ clock, ms }, signal, ask);
  const silent = (pod: AgentPod, silence: string): AskedPod => ({ pod, metrics: undefined, silence });
  const voices = await eachConcurrently([...pods], async (pod) => {
    const ask = (inner: AbortSignal) => workloads.ask(pod, pod.metricsPort, '/metrics', inner);
    try {
      const answer = deadline === undefined ? await ask(signal) : await within(deadline.remainingMs(), ask);
      if (answer === undefined) {
        return silent(pod, `No answer within ${Number(patienceMs) / 1000} s.`);
      }
      const { status, text } = answer;
      return status === 200 ? { pod, metrics: text } : silent(pod, `It answered with HTTP ${status}.`);
    } catch (error) {
      if (!isPodidError(error, 'Forbidden', 'ClusterUnreachable')) {
        throw error;
      }
      refused ??= error;
      return { ...silent(pod, error.message), ...(lacksRight(error) ? { refusal: error } : {}) };
    }
  });
  if (refused !== undefined) {
    report.warn(`Not every agent could be asked: ${refused.message}`, wayToAsk(refused, installation));
  }
  return voices;
}

/** The API server refused the proxy to the pod; or nobody answers by that, and it refused to forward a port. */
function lacksRight({ code, details }: PodidError): boolean {
  return code === 'Forbidden' || details.some((detail) => detail.code === 'Forbidden');
}

/** What helps whoever could not ask an agent. @param refused why */
export function wayToAsk(refused: PodidError, installation: AgentInstallation | undefined): Hint {
  return refused.code === 'Forbidden'
    ? command('kubectl auth can-i get pods/proxy -n', installation?.namespace ?? 'kube-system')
    : advice`Whoever may forward ports of pods can ask: ${command('kubectl auth can-i create pods/portforward -n', installation?.namespace ?? 'kube-system')}${installation === undefined ? advice`` : advice`; or, with the values that it was installed with: ${changeAgent(installation, 'nmi.prometheusPort=9090')}`}`;
}
