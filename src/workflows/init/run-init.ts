import type { Deps } from '../../domain/deps.ts';
import type { PodIdentity } from '../../domain/entries/pod-identity.ts';
import type { Command } from '../../errors/hint.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Done, Outcome } from '../change/outcome.ts';
import type { CheckResult } from '../doctor/check.ts';
import { type Diagnosis, diagnose } from '../doctor/diagnose.ts';
import { carryOut } from './carry-out.ts';
import { gatherAnswers } from './gather-answers.ts';
import { type Decided, planInit } from './init-plan.ts';
import type { Wizard } from './wizard.ts';

export interface InitResult {
  readonly entry: PodIdentity;
  readonly commands: readonly Command[];
  /** Of the doctor, about the namespace. */
  readonly checks: readonly CheckResult[];
  /** Of podid's agent, where the doctor found one. */
  readonly podidImage?: string;
}

/**
 * Leads from nothing to a pod identity that works.
 *
 * @throws PodidError InvalidUsage naming the flags of answers that nobody is there to give, Interrupted, and
 * those of `enableAddon` and `addIdentity`
 */
export async function runInit(wizard: Wizard): Promise<Outcome<InitResult>> {
  const answers = await gatherAnswers(wizard);
  const { forCluster } = await wizard.open(answers.cluster.id.subscriptionId);
  const deps = forCluster(answers.cluster.id);
  const outcome = await carryOut(deps, answers, wizard.given, wizard.options);
  if (outcome.plan !== undefined) {
    return outcome;
  }
  return { done: await finish(wizard, deps, answers, outcome.done) };
}

async function finish(
  wizard: Wizard,
  deps: Omit<Deps, 'deadline'>,
  answers: Decided,
  done: Done<PodIdentity>,
): Promise<Done<InitResult>> {
  const { commands } = planInit(answers, wizard.given);
  const diagnosis = done.failure === undefined ? await examine(wizard, deps, answers) : { checks: [] };
  return { ...done, result: { entry: done.result, commands, ...diagnosis } };
}

/** The change stands, so what keeps the doctor from looking is not a failure of it. */
async function examine(
  { options }: Wizard,
  deps: Omit<Deps, 'deadline'>,
  { cluster, namespace }: Decided,
): Promise<Diagnosis> {
  const subject = { cluster: cluster.id, namespace };
  const request = { subject, fix: false };
  try {
    return await diagnose(deps, request, options);
  } catch (error) {
    if (!isPodidError(error) || deps.signal.aborted) {
      throw error;
    }
    deps.report.warn(`The doctor could not check the cluster: ${error.message}`, error.hint);
    return { checks: [] };
  }
}
