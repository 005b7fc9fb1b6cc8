import type { Clock } from './clock.ts';

export interface TimeLimit {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly ms: number;
  /** What the work's signal is aborted with when the time is up. */
  readonly reason?: () => Error;
}

/**
 * Runs `work` with a signal that is aborted by `signal`, or when the time is up, and waits for it either way.
 * Listeners in place of `AbortSignal.any`, whose traces on a signal that lives long are collected late.
 *
 * @throws what `work` throws; the signal's reason, without a start, where it is aborted already
 */
export async function limitTime<T>(
  { clock, ms, reason = timeIsUp }: TimeLimit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const inner = new AbortController();
  const settled = new AbortController();
  const pass = () => {
    settled.abort();
    inner.abort(signal.reason);
  };
  signal.addEventListener('abort', pass, { once: true });
  clock.sleep(ms, settled.signal).then(
    () => inner.abort(reason()),
    // The work was done first.
    () => undefined,
  );
  try {
    return await work(inner.signal);
  } finally {
    settled.abort();
    signal.removeEventListener('abort', pass);
  }
}

/**
 * As `limitTime`, but waits no longer than the limit. Undefined when the time is up; by then `work` has been
 * told through its signal, and what becomes of it is nobody's matter.
 *
 * @throws what `work` throws; the outer signal's reason
 */
export async function withinTime<T>(
  { clock, ms }: TimeLimit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  let isOver = false;
  const reason = () => {
    isOver = true;
    return timeIsUp();
  };
  try {
    return await limitTime({ clock, ms, reason }, signal, (inner) => untilAborted(work(inner), inner));
  } catch (error) {
    signal.throwIfAborted();
    if (isOver) {
      return undefined;
    }
    throw error;
  }
}

/**
 * Settles as `promise` does, unless `signal` is aborted first: then it rejects with its reason, and `promise`
 * goes on.
 */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason);
    if (signal.aborted) {
      leave();
    }
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** As `AbortSignal.timeout` has it. */
export function timeIsUp(): Error {
  return new DOMException('The time is up.', 'TimeoutError');
}
