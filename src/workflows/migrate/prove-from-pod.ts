import { unknownTenant } from '../../domain/azure/identity-tenant.ts';
import type { PodExchange } from '../../domain/azure/pod-exchange.ts';
import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import type { AgentCluster } from '../../domain/kubernetes/agent-cluster.ts';
import { ownAgent } from '../../domain/kubernetes/own-agents/own-agents.ts';
import type { PlannedWorkload } from '../../domain/migrate/planned-workload.ts';
import type { Azure, Reporter } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { advice, command } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ProbeImage, type RanProbe, runProbePod } from '../agent/probes/probe-pod.ts';
import { lagging, pausesMs, type RehearseOptions } from '../exchange/rehearse.ts';
import { explainPodAnswer } from './explain-pod-answer.ts';
import type { Proof } from './prove-trust.ts';
import { renderCheckPod } from './render-check-pod.ts';

/** How the pods of `--from-pod` are made and read. */
export interface FromPod {
  /** Undefined: that of podid's agent. */
  readonly image: string | undefined;
  /** So long a pod may take to run. */
  readonly startMs: number;
  readonly intervalMs: number;
  readonly read: (text: string) => PodExchange | undefined;
}

interface PodDeps {
  readonly agent: AgentCluster;
  readonly azure: Pick<Azure, 'exchangeEndpoint' | 'identities'>;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly signal: AbortSignal;
}

interface PodQuestion {
  readonly workload: PlannedWorkload;
  readonly account: EntryKey & { readonly uid?: string };
  readonly issuer: string | undefined;
  readonly resourceId: string;
  readonly rehearsal: RehearseOptions;
  readonly image: ProbeImage;
  readonly fromPod: FromPod;
  readonly sha256: (text: string) => string;
}

/** Each of a round's tries may take ten seconds, and a proxy as long again. */
const spareMs = 150_000;

/** @throws PodidError AgentNotReady: podid's agent is not in kube-system, and no image was named */
export async function checkImage(
  { agent, signal }: Pick<PodDeps, 'agent' | 'signal'>,
  { image }: FromPod,
): Promise<ProbeImage> {
  if (image !== undefined) {
    return { image, imagePullPolicy: 'IfNotPresent', imagePullSecrets: [] };
  }
  const own = ownAgent(await agent.installations('kube-system', signal), 'kube-system');
  if (own === undefined) {
    throw new PodidError(
      'AgentNotReady',
      "The pod would run podid's image, and podid's agent, which names one, is not in namespace kube-system. One in another namespace is not taken for it: the pod gets tokens of the workload's account.",
      { hint: command('podid migrate check --from-pod --image REGISTRY/podid:TAG').again(), exitCode: 5 },
    );
  }
  return own;
}

/**
 * Has a pod of the workload's kind exchange the token that the kubelet gives it, and compares whose token comes. The
 * token stays in the pod; of it and of Entra's nothing leaves it but whom that names.
 *
 * @throws PodidError of the cluster's API and of Azure, and the signal's reason
 */
export async function proveFromPod(deps: PodDeps, question: PodQuestion): Promise<Proof> {
  const { agent, azure, clock, report, signal } = deps;
  const { workload, account, issuer = '', resourceId, rehearsal, image, fromPod } = question;
  if (workload.template?.windows) {
    return { kind: 'not-tried', reason: "Windows: podid's image is one of Linux, and runs on no such node." };
  }
  const [identity, { host, scope }] = await Promise.all([
    azure.identities.get(resourceId, signal),
    azure.exchangeEndpoint(),
  ]);
  const fault = unknownTenant(identity);
  if (fault !== undefined) {
    return { kind: 'not-tried', reason: fault };
  }
  const { clientId, principalId, tenantId = '' } = identity;
  const runMs = rehearsal.overMs + spareMs;
  const pod = renderCheckPod({
    name: `podid-check-${question.sha256(`${resourceId} ${workload.kind} ${workload.name} ${clock.now()} ${clock.random()}`).slice(0, 12)}`,
    workload,
    account,
    image,
    lifeSec: Math.ceil((fromPod.startMs + runMs) / 1000) + 60,
    order: {
      url: `${host}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
      clientId,
      scope,
      issuer,
      ...rehearsal,
      pausesMs,
      lagging: lagging.source,
      wanted: { appid: clientId, oid: principalId, tid: tenantId },
    },
  });
  const { namespace = '', name } = pod.metadata;
  const limits = { startMs: fromPod.startMs, runMs, intervalMs: fromPod.intervalMs };
  const ran = await runProbePod({ agent, clock }, pod, limits, signal);
  if (ran.left !== undefined) {
    report.warn(
      `Pod ${namespace}/${name} could not be taken away: ${ran.left}`,
      advice`${command('kubectl delete pod', name, '-n', namespace)}`,
    );
  }
  const left = fromPod.read(ran.end.message ?? '');
  if (left === undefined) {
    return { kind: 'not-tried', reason: unstarted(ran, limits) };
  }
  const { passed, refused, answer } = left;
  const failure = explainPodAnswer(answer, identity, issuer);
  const isShort = failure === undefined && passed < rehearsal.rounds;
  return {
    kind: 'tried',
    rehearsal: {
      passed,
      refused,
      ...(failure === undefined ? {} : { failure }),
      ...(isShort ? { failure: `PodFailed: only ${passed} of ${rehearsal.rounds} exchanges passed.` } : {}),
    },
  };
}

function unstarted(
  { end, inTime }: RanProbe,
  { startMs, runMs }: { startMs: number; runMs: number },
): string {
  const { phase, reason, exitCode } = end;
  if (phase === 'Pending') {
    return `PodNotStarted: the pod did not run within ${startMs / 1000} s: ${reason ?? 'nobody says why'}`;
  }
  if (phase === 'gone') {
    return 'PodGone: somebody deleted the pod, or made another of its name, before it was done.';
  }
  if (!inTime) {
    return `PodFailed: the pod was not done within ${runMs / 1000} s.`;
  }
  const code = exitCode === undefined ? '' : `, exit code ${exitCode}`;
  return `PodFailed: the pod ended as ${phase}${code}${reason === undefined ? '' : ` (${reason})`}, and left no result.`;
}
