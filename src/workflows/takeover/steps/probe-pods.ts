import type { TakeoverProbe } from '../../../domain/takeover/takeover-record.ts';
import type { TakeoverProof } from '../../../domain/takeover/takeover-steps.ts';
import { startDeadline } from '../../../domain/time/deadline.ts';
import { eachConcurrently } from '../../../domain/time/each-concurrently.ts';
import { advice, command } from '../../../errors/hint.ts';
import { PodidError } from '../../../errors/podid-error.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { leadingBindings } from './leading-bindings.ts';
import { type Asked, freshOf, lookAtProbe, type SeenProbe } from './look-at-probe.ts';
import { makeProbes, probesOf } from './make-probes.ts';

/** Has one pod of each node ask once a second, as an SDK does, and waits until each gets a token now. */
export async function startProbes(run: TakeoverRun): Promise<void> {
  const { deps, request } = run;
  if (!request.probes) {
    return;
  }
  if (nobodyCanAsk(run)) {
    deps.report.note(
      'No AzureIdentityBinding leads to a managed identity, so that no pod gets a token and no probe pod could ask for one: nothing is measured.',
    );
    return;
  }
  // What one that runs already asked before proves nothing of this moment.
  const before = new Map<string, number>();
  for (const probe of probesOf(run)) {
    before.set(probe.uid, lastOf(await lookAtProbe(run, probe)));
  }
  const deadline = startDeadline(deps.clock, request.wait.timeoutMs, deps.signal);
  const wait = {};
  for (;;) {
    const [failure] = await makeProbes(run);
    if (failure !== undefined) {
      throw failure;
    }
    const probes = probesOf(run);
    const asked = await eachConcurrently(probes, async (probe) => {
      const seen = await lookAtProbe(run, probe);
      const fresh = freshOf(seen, { seenMs: before.get(probe.uid) ?? 0 });
      return seen.state === 'running' ? fresh : [];
    });
    const answered = asked.map(hasEach);
    const silent = probes.filter((_, number) => answered[number] !== true);
    if (silent.length === 0) {
      return;
    }
    if (deadline.passed()) {
      throw notAnswered(silent, refusedAmong(asked.flat()));
    }
    deps.report.progress(`${probes.length - silent.length} of ${probes.length} probe pods got a token`, {
      wait,
    });
    await deadline.pause(request.wait.intervalMs);
  }
}

/** It got a token for each of its resources. */
function hasEach(asked: readonly Asked[]): boolean {
  const got = new Set(asked.filter(({ isAnswered }) => isAnswered).map(({ turn }) => turn?.resource ?? ''));
  return got.size > 0 && got.size >= (asked.at(-1)?.turn?.of ?? 1);
}

/** Resources for which one got no token the last time. */
function refusedAmong(asked: readonly Asked[]): readonly string[] {
  const last = new Map(asked.flatMap(({ turn, isAnswered }) => (turn ? [[turn.resource, isAnswered]] : [])));
  return [...last].flatMap(([resource, isAnswered]) => (isAnswered ? [] : [resource]));
}

/** Nor has anybody asked before: what was deleted under way leaves its probes behind, and they count. */
function nobodyCanAsk(run: TakeoverRun): boolean {
  return probesOf(run).length === 0 && leadingBindings(run).length === 0;
}

function notAnswered(silent: readonly TakeoverProbe[], refused: readonly string[]): PodidError {
  const nodes = silent.map(({ node }) => node).slice(0, 5);
  const { namespace = '', name = '' } = silent[0] ?? {};
  return new PodidError(
    'AgentNotReady',
    `The probe pods of ${nodes.join(', ')} got no token from podid's agent${refused.length === 0 ? '' : ` for ${refused.join(', ')}`}.`,
    {
      hint: advice`${command('kubectl logs', name, '-n', namespace)}  # shows what they got; to go on without them: ${command('podid takeover apply --no-probes').again()}`,
    },
  );
}

/** Makes those anew that have ended meanwhile. No step fails for that: the node counts as silent. */
export async function reviveProbes(run: TakeoverRun): Promise<void> {
  const { deps, request } = run;
  for (const { message, hint } of request.probes ? await makeProbes(run) : []) {
    deps.report.warn(message, hint);
  }
}

/** What all probes asked and got in a step. */
export interface MeasuredStep {
  readonly proof: TakeoverProof;
  /** Up to where they are counted now. */
  readonly probes: readonly TakeoverProbe[];
}

/** A request may take ten seconds, and the last try of it ten more. */
const longestSilenceMs = 30_000;

/**
 * After these nothing is waited for: what pods need may come back with the next step alone. A probe that ran in a short
 * one and asked nothing is judged after the next.
 */
const unwaited: readonly number[] = [4, 5];

/**
 * What they asked since the step before. A node is silent where its probe does not run, or asks nothing.
 *
 * @returns undefined: the step was too short to say anything of it, or nobody can ask
 */
export async function readProof(run: TakeoverRun, step: number): Promise<MeasuredStep | undefined> {
  const { kube, deps } = run;
  if (nobodyCanAsk(run)) {
    return undefined;
  }
  const there = new Set((await kube.workloads.nodes(deps.signal)).map(({ name }) => name));
  // Nodes come and go by themselves, with the autoscaler.
  const probes = probesOf(run).filter(({ node }) => there.has(node));
  const seen = await eachConcurrently(probes, (probe) =>
    unwaited.includes(step) ? asItStands(run, probe) : untilFresh(run, probe),
  );
  const fresh = probes.map((probe, at) => freshOf(seen[at] ?? nothingSeen, probe));
  const silent = probes
    .filter((_, at) => seen[at]?.asksOn !== true)
    .map(({ node }) => node)
    .toSorted();
  const asked = fresh.flat();
  if (unwaited.includes(step) && probes.length > 0 && asked.length === 0 && silent.length === 0) {
    return undefined;
  }
  warnOfSilence(run, { step, silent, asked: asked.length });
  return {
    proof: {
      asked: asked.length,
      answered: asked.filter(({ isAnswered }) => isAnswered).length,
      longestMs: asked.length === 0 ? null : asked.reduce((most, { ms }) => Math.max(most, ms), 0),
      silent,
    },
    probes: probesOf(run).map((probe) => {
      const at = probes.indexOf(probe);
      return { ...probe, seenMs: Math.max(probe.seenMs, lastOf(seen[at] ?? nothingSeen)) };
    }),
  };
}

const nothingSeen: SeenProbe = { state: 'gone', asked: [] };

type JudgedProbe = SeenProbe & { readonly asksOn: boolean };

async function asItStands(run: TakeoverRun, probe: TakeoverProbe): Promise<JudgedProbe> {
  const seen = await lookAtProbe(run, probe);
  const { clock } = run.deps;
  const isShort = clock.now() - Date.parse(run.found.written.record.stepAt) < longestSilenceMs;
  return { ...seen, asksOn: seen.state === 'running' && (isShort || freshOf(seen, probe).length > 0) };
}

/** One more request, of this moment: what it asked before does not say that it goes on. */
async function untilFresh(run: TakeoverRun, probe: TakeoverProbe): Promise<JudgedProbe> {
  const { clock, signal } = run.deps;
  const beganMs = clock.now();
  let before: number | undefined;
  for (;;) {
    const seen = await lookAtProbe(run, probe);
    before ??= seen.state === 'unknown' ? undefined : Math.max(probe.seenMs, lastOf(seen));
    const asksOn = seen.state === 'running' && lastOf(seen) > (before ?? Number.POSITIVE_INFINITY);
    const isOver = probe.uid === '' || seen.state === 'gone' || clock.now() - beganMs > longestSilenceMs;
    if (asksOn || isOver) {
      return { ...seen, asksOn };
    }
    await clock.sleep(run.request.wait.intervalMs, signal);
  }
}

function lastOf({ asked }: SeenProbe): number {
  return asked.reduce((last, { atMs }) => Math.max(last, atMs), 0);
}

function warnOfSilence(
  { deps }: TakeoverRun,
  of: { readonly step: number; readonly silent: readonly string[]; readonly asked: number },
): void {
  const { step, silent, asked } = of;
  if (silent.length > 0) {
    deps.report.warn(
      `Step ${step}: the probe pods of these nodes were not there, or asked nothing: ${silent.join(', ')}. Whether pods got tokens there is not known.`,
    );
  } else if (asked === 0) {
    deps.report.warn(
      `Step ${step}: no probe pod asked. Either there is no node for one, or no identity that can be used: whether pods got tokens is not known.`,
    );
  }
}
