import { entryText } from '../../../domain/entries/pod-identity.ts';
import type { ConnectedCluster } from '../../../domain/kubernetes/workloads.ts';
import type { CleanedRecord } from '../../../domain/migrate/apply/cleaned-record.ts';
import { type Until, untilSteps } from '../../../domain/migrate/apply/until.ts';
import type { PlannedWorkload } from '../../../domain/migrate/planned-workload.ts';
import type { Step } from '../../../domain/migrate/progress.ts';
import type { Hint } from '../../../errors/hint.ts';
import { isPodidError, type PodidError } from '../../../errors/podid-error.ts';
import type { ChangeDeps } from '../../change/start-change.ts';
import type { RehearseOptions } from '../../exchange/rehearse.ts';

/** Where a workload stands, once a migration is through with it. */
export type MovedState = Step | 'cleaned' | 'rolled-back' | 'gone';

/** Why a workload goes no further. */
export interface MoveFailure {
  /** One of a blocker, of an error, or of a check of a migration. */
  readonly code: string;
  /** A sentence, the other side's own in it. */
  readonly message: string;
  readonly hint?: Hint;
}

/** A workload as it was planned. */
export type MovingWorkload = Omit<PlannedWorkload, 'basis' | 'state' | 'silence'> & {
  /** Absent for one that has left pod identity. */
  readonly silence?: PlannedWorkload['silence'];
  /** What podid took from it. */
  readonly cleaned?: CleanedRecord;
};

/** One workload on its way; kept up to date, so that an interruption can say how far it came. */
export interface Move {
  readonly workload: MovingWorkload;
  readonly from: MovedState;
  state: MovedState;
  /** What was written for it, in order, as a person reads it. */
  readonly wrote: string[];
  /** What it waits for: no failure. */
  waits?: string;
  failure?: MoveFailure;
}

/** What the steps of a move depend on. */
export type MoveDeps = ChangeDeps & {
  readonly api: ConnectedCluster;
  readonly rehearsal: RehearseOptions;
  readonly until: Until;
};

export function reaches(until: Until, step: Until): boolean {
  return untilSteps.indexOf(step) <= untilSteps.indexOf(until);
}

/** Whether a state is before another one on the way. */
export function isBefore(state: MovedState, step: MovedState): boolean {
  const order: readonly MovedState[] = ['planned', ...untilSteps];
  return order.includes(state) && order.indexOf(state) < order.indexOf(step);
}

/** Whether its pods ask no agent any more, so that pod identity can be taken away. */
export function hasMoved(state: MovedState): state is 'moved' | 'cleaned' {
  return state === 'moved' || state === 'cleaned';
}

/**
 * Runs a step of one workload: what fails there stops this workload and no other. @throws the signal's reason, and what
 * is no failure of a user's
 */
export async function step(
  { signal }: Pick<MoveDeps, 'signal'>,
  move: Move,
  work: () => Promise<MoveFailure | undefined>,
): Promise<void> {
  if (move.failure !== undefined) {
    return;
  }
  try {
    const failure = await work();
    if (failure !== undefined) {
      move.failure = failure;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!isPodidError(error)) {
      throw error;
    }
    move.failure = failureOf(error);
  }
}

export function failureOf({ code, message, hint }: PodidError): MoveFailure {
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}

/** `Deployment demo/web`. */
export function moveText({ workload }: Move): string {
  return `${workload.kind} ${entryText(workload)}`;
}
