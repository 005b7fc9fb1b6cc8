import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { lastTakeoverStep, takeoverSteps } from '../../domain/takeover/takeover-steps.ts';
import { advice } from '../../errors/hint.ts';
import type { ChangeOptions } from '../change/start-change.ts';
import { type ApplyRequest, type ReadyToApply, readyToApply } from './ready-to-apply.ts';
import { issuerQuestion, stepActions, withWayOn } from './steps/do-step.ts';
import { removeProbes } from './steps/make-probes.ts';
import { readProof, reviveProbes } from './steps/probe-pods.ts';
import { dataOf, keep, standingHold, type TakeoverRun } from './takeover-run.ts';
import { type FoundTakeover, statusOf, type TakeoverStatus } from './takeover-status.ts';

/** Probes ask from here on. */
const firstProbed = 3;
const lastProbed = 7;

/**
 * Steps 1 to 8, each with its proof before the next. What is done is written down, so that a run that was killed goes on
 * where it was.
 *
 * @returns undefined when the question was answered by No
 * @throws PodidError TakeoverBlocked | TakeoverUnusable | StaleCluster, and those of the commands that it stands on
 */
export async function applyTakeover(
  deps: Omit<Deps, 'deadline'>,
  request: ApplyRequest,
  options: ChangeOptions,
): Promise<TakeoverStatus | undefined> {
  const ready = await readyToApply(deps, request);
  const { kube, values, written, stored } = ready;
  if (ready.state === 'done') {
    return statusOf(written, request);
  }
  const first = await issuerQuestion(deps, request, { done: written.record.step, until: request.until });
  if (!(await deps.confirm(`${first}${question(request, ready)}`))) {
    return undefined;
  }
  const agreed = { ...deps, confirm: async () => true };
  const found =
    ready.state === 'new' || stored === undefined ? await begin(deps, ready, request) : { stored, written };
  const run: TakeoverRun = { deps: agreed, kube, request, options, values, found };
  while (run.found.written.record.step < Math.min(request.until, lastTakeoverStep)) {
    await doNext(run);
  }
  reportCleanUp(run);
  return statusOf(run.found.written, request);
}

function question({ cluster, until }: ApplyRequest, { state, written }: ReadyToApply): string {
  if (state === 'under-way') {
    return `Go on with the takeover of cluster ${cluster.name} after step ${written.record.step} of ${lastTakeoverStep}?`;
  }
  const entries = counted(written.export.identities.length, 'pod identity', 'pod identities');
  const end = until < 4 ? `The add-on stays on: it ends with step ${until}.` : 'The add-on is turned off.';
  return `Take cluster ${cluster.name} (${entries}) over from the add-on to podid's own agent? ${end}`;
}

/** The ConfigMap of it, from now on. */
async function begin(
  { clock, signal }: Pick<Deps, 'clock' | 'signal'>,
  { kube, stored, written }: ReadyToApply,
  { namespace }: ApplyRequest,
): Promise<FoundTakeover> {
  const at = new Date(clock.now()).toISOString();
  const { record, export: exported } = written;
  const begun = { record: { ...record, begunAt: at, stepAt: at }, export: exported };
  return {
    stored: await kube.takeover.write(stored ?? { namespace }, dataOf(begun), signal),
    written: begun,
  };
}

async function doNext(run: TakeoverRun): Promise<void> {
  const { deps } = run;
  const step = run.found.written.record.step + 1;
  deps.report.note(`${step} of ${lastTakeoverStep}: ${takeoverSteps[step]}`);
  try {
    if (step > firstProbed && step <= lastProbed) {
      await reviveProbes(run);
    }
    await stepActions[step]?.(run);
    await settleStep(run, step);
  } catch (error) {
    throw withWayOn(error, step, run);
  }
}

/** Its figures, and that it is done, in one write. */
async function settleStep(run: TakeoverRun, step: number): Promise<void> {
  const isMeasured = run.request.probes && step >= firstProbed && step <= lastProbed;
  const measured = isMeasured ? await readProof(run, step) : undefined;
  if (step > lastProbed) {
    await removeProbes(run);
  }
  const { record, export: exported } = run.found.written;
  const hold = standingHold(run);
  await keep(run, {
    record: {
      ...record,
      step,
      state: step === lastTakeoverStep ? 'done' : 'under-way',
      stepAt: new Date(run.deps.clock.now()).toISOString(),
      proofs: { ...record.proofs, ...(measured === undefined ? {} : { [step]: measured.proof }) },
      probes: measured?.probes ?? record.probes ?? [],
    },
    export: exported,
    ...(hold === undefined ? {} : { hold }),
  });
  if (step === lastProbed) {
    await removeProbes(run);
  }
}

/** Step 8, as far as it is people's to do. */
function reportCleanUp({ deps, request, found }: TakeoverRun): void {
  if (found.written.record.state !== 'done') {
    return;
  }
  const { report } = deps;
  report.note(
    advice`Entries are changed with --mode cluster from now on: ${nextCommand('list', request.cluster, { mode: 'cluster' })}`,
  );
  report.note(
    advice`Left over, and yours to take away: the cluster's roles Managed Identity Operator on the identities (see ${nextCommand('cluster show', request.cluster)}); identities on the nodes that are all exchanged (see ${nextCommand('exchange status', request.cluster)}): ${nextCommand('node unassign', request.cluster)}`,
  );
}
