import { isPodidError } from '../../errors/podid-error.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import type { Change, Done, Outcome, Plan } from '../../workflows/change/outcome.ts';
import type { Session } from '../run/session.ts';
import { rawCluster, rawClusterShape } from './raw-cluster.ts';
import { planShape } from './result-shapes.ts';

interface Finish<Result> {
  /** The result in the documented shape and order of members. */
  readonly view: (result: Result) => unknown;
  readonly shape: TableShape;
  readonly rawCluster?: boolean;
  /** `--exit-code`. */
  readonly exitCode?: boolean;
}

/** Prints what a change came to. */
export async function finishChange<Result>(
  session: Session,
  outcome: Outcome<Result>,
  finish: Finish<Result>,
): Promise<number> {
  if (outcome.plan === undefined) {
    return await finishDone(session, outcome.done, finish);
  }
  return await finishPlan(session, outcome.plan, finish);
}

/** Prints what a dry run found. */
export async function finishPlan(
  session: Session,
  plan: Plan,
  { exitCode = false }: Pick<Finish<unknown>, 'exitCode'>,
): Promise<number> {
  await session.print(planView(plan), planShape);
  return exitCode && isSomething(plan) ? 9 : 0;
}

function isSomething({ changes, puts }: Plan): boolean {
  return changes.length > 0 || puts > 0;
}

/** @throws the failure that came after Azure took the change: the result is printed all the same */
export async function finishDone<Result>(
  session: Session,
  done: Done<Result>,
  finish: Finish<Result>,
): Promise<number> {
  try {
    if (finish.rawCluster) {
      await session.print(rawCluster(done.cluster), rawClusterShape);
    } else {
      await session.print(finish.view(done.result), finish.shape);
    }
  } catch (error) {
    if (done.failure === undefined || !isPodidError(error, 'OutputFailed')) {
      throw error;
    }
    // How the change ended says more than why nobody can read it, and a command ends with one error.
    session.report.warn(error.message, error.hint);
  }
  if (done.failure !== undefined) {
    throw done.failure;
  }
  return 0;
}

export function planView({ changes, puts, steps, onlyInCluster, stopped }: Plan): unknown {
  return {
    changes: changes.map(changeView),
    puts,
    ...(steps === undefined ? {} : { steps: steps.map(({ step, title }) => ({ step, title })) }),
    ...(onlyInCluster === undefined
      ? {}
      : {
          onlyInCluster: onlyInCluster.map(({ kind, namespace, name }) => ({ kind, namespace, name })),
        }),
    ...(stopped === undefined
      ? {}
      : {
          stopped: stopped.map(({ kind, namespace, name, code }) => ({ kind, namespace, name, code })),
        }),
  };
}

export function changeView({ action, kind, namespace, name, before, after, step }: Change): unknown {
  const change = { action, kind, namespace, name, before: before ?? null, after: after ?? null };
  return step === undefined ? change : { ...change, step };
}
