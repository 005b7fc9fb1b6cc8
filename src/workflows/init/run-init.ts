import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Done, Outcome } from '../change/outcome.ts';
import type { CheckResult } from '../doctor/check.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { carryOut } from './carry-out.ts';
import { gatherAnswers } from './gather-answers.ts';
import type { InitDesk, Site } from './init-deps.ts';
import { type Decided, planInit } from './init-plan.ts';

export interface InitResult {
  readonly entry: PodIdentity;
  readonly commands: readonly string[];
  /** Of the doctor, about the namespace. */
  readonly checks: readonly CheckResult[];
}

/**
 * Leads from nothing to a pod identity that works.
 *
 * @throws PodidError InvalidUsage naming the flags of answers that nobody is there to give, Interrupted, and
 * those of `enableAddon` and `addIdentity`
 */
export async function runInit(desk: InitDesk): Promise<Outcome<InitResult>> {
  const answers = await gatherAnswers(desk);
  const site = await desk.open(answers.cluster.id.subscriptionId);
  const outcome = await carryOut(site.workplace, answers, desk.given, desk.options);
  if (outcome.plan !== undefined) {
    return outcome;
  }
  return { done: await finish(desk, site, answers, outcome.done) };
}

async function finish(
  desk: InitDesk,
  site: Site,
  answers: Decided,
  done: Done<PodIdentity>,
): Promise<Done<InitResult>> {
  const { commands } = planInit(answers, desk.given);
  const checks = done.failure === undefined ? await examine(desk, site, answers) : [];
  return { ...done, result: { entry: done.result, commands, checks } };
}

/** The change stands, so what keeps the doctor from looking is no failure of it. */
async function examine(
  { options }: InitDesk,
  { workplace, connect }: Site,
  { cluster, namespace }: Decided,
): Promise<readonly CheckResult[]> {
  const patient = { cluster: cluster.id, namespace };
  const request = { patient, fix: false, connect: (signal: AbortSignal) => connect(cluster.id, signal) };
  try {
    return (await diagnose(workplace, request, options)).checks;
  } catch (error) {
    if (!isPodidError(error) || options.signal.aborted) {
      throw error;
    }
    workplace.report.warn(`The doctor could not look: ${error.message}`, error.hint);
    return [];
  }
}
