import type { Clock } from '../../runtime/clock.ts';

export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  /** What the work is aborted with when its time is over. */
  readonly onEnd: () => Error;
}

/** Runs `work` with a signal that is aborted by `signal`, or when the deadline ends. */
export async function runWithDeadline<T>(
  deadline: Deadline,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const finished = new AbortController();
  deadline.clock.wait(deadline.ms, finished.signal).then(
    () => ended.abort(deadline.onEnd()),
    // The work was done first.
    () => {},
  );
  try {
    return await work(AbortSignal.any([signal, ended.signal]));
  } finally {
    finished.abort();
  }
}
