import { jittered } from './backoff.ts';
import type { Clock } from './clock.ts';
import { limitTime, timeIsUp } from './time-limit.ts';

/** The end of a command's `--timeout`, and the pauses of its polls and retries. */
export interface Deadline {
  readonly remainingMs: () => number;
  readonly passed: () => boolean;
  /**
   * Waits between half and all of `ms`, so that many processes do not come back at once; never less than the
   * server asked for, and never beyond the deadline.
   *
   * @param askedMs of a `Retry-After`
   * @throws the signal's reason
   */
  readonly pause: (ms: number, askedMs?: number) => Promise<void>;
  /** Runs `work` with a signal that also ends at the deadline. */
  readonly within: <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

/** By the monotonic clock: a wall clock that is set makes no command longer or shorter. */
export function startDeadline(clock: Clock, timeoutMs: number, signal: AbortSignal): Deadline {
  const endsAtMs = clock.monotonic() + timeoutMs;
  const remainingMs = () => Math.max(0, endsAtMs - clock.monotonic());
  // A timer may fire a fraction of a millisecond before the clock has got there.
  let isOver = false;
  const reason = () => {
    isOver = true;
    return timeIsUp();
  };
  return {
    remainingMs,
    passed: () => isOver || remainingMs() === 0,
    pause(ms, askedMs = 0) {
      const pauseMs = Math.max(jittered(ms, clock.random()), askedMs);
      return clock.sleep(Math.min(pauseMs, remainingMs()), signal);
    },
    within: (work) => limitTime({ clock, ms: remainingMs(), reason }, signal, work),
  };
}
