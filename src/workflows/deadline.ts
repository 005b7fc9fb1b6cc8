import type { Clock } from '../domain/ports.ts';

/** The end of a command's `--timeout`, and the pauses of its retries. */
export interface Deadline {
  readonly remainingMs: () => number;
  readonly passed: () => boolean;
  /**
   * Waits about `ms`, half to one and a half of it, so that many processes do not come back at once; never
   * beyond the deadline.
   *
   * @throws the signal's reason
   */
  readonly pause: (ms: number) => Promise<void>;
  /** Runs `work` with a signal that also ends at the deadline. */
  readonly within: <Result>(work: (signal: AbortSignal) => Promise<Result>) => Promise<Result>;
}

export function startDeadline(clock: Clock, timeoutMs: number, signal: AbortSignal): Deadline {
  const endsAtMs = clock.now() + timeoutMs;
  const remainingMs = () => Math.max(0, endsAtMs - clock.now());
  return {
    remainingMs,
    passed: () => remainingMs() === 0,
    pause: (ms) => clock.sleep(Math.min(ms * (0.5 + clock.random()), remainingMs()), signal),
    async within(work) {
      const over = new AbortController();
      const done = new AbortController();
      const timer = clock.sleep(remainingMs(), AbortSignal.any([done.signal, signal])).then(
        () => over.abort(),
        () => undefined,
      );
      try {
        return await work(AbortSignal.any([signal, over.signal]));
      } finally {
        done.abort();
        await timer;
      }
    },
  };
}
