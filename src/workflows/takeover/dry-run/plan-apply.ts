import type { Deps } from '../../../domain/deps.ts';
import { lastTakeoverStep, takeoverSteps } from '../../../domain/takeover/takeover-steps.ts';
import type { Plan } from '../../change/outcome.ts';
import type { ChangeOptions } from '../../change/start-change.ts';
import { type ApplyRequest, readyToApply } from '../ready-to-apply.ts';
import { withWayOn } from '../steps/do-step.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { planStep } from './plan-steps.ts';
import { notStored, planOfSteps, recordChange, together } from './step-plan.ts';

/**
 * What `podid takeover apply` would write from where the takeover stands, each step by itself. Reads alone.
 *
 * @param options of a dry run
 * @throws PodidError as `applyTakeover` before its first write
 */
export async function planTakeoverApply(
  deps: Omit<Deps, 'deadline'>,
  request: ApplyRequest,
  options: ChangeOptions,
): Promise<Plan> {
  const { kube, state, stored, written, values } = await readyToApply(deps, request);
  const found = { stored: stored ?? notStored(request.namespace), written };
  const run: TakeoverRun = { deps, kube, request, options, values, found };
  const last = Math.min(request.until, lastTakeoverStep);
  const left = takeoverSteps.flatMap((_, step) => (step > written.record.step && step <= last ? [step] : []));
  const steps = [];
  for (const step of left) {
    const isBegun = state === 'new' && step === left[0];
    const record = { changes: [recordChange(run, isBegun)], puts: 0 };
    const plan = await planStep({ run, step, left }).catch((error: unknown) => {
      throw withWayOn(error, step, run);
    });
    steps.push({
      step,
      title: `${step} of ${lastTakeoverStep}: ${takeoverSteps[step]}`,
      plan: isBegun ? together(record, plan) : together(plan, record),
    });
  }
  return planOfSteps(steps);
}
