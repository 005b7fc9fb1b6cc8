import type { Clock } from '../../src/runtime/clock.ts';

export interface HandClock extends Clock {
  /** Moves both clocks and lets what was due happen. */
  advance(ms: number): Promise<void>;
}

/** A clock that a test moves. */
export function handClock(startMs = 1_800_000_000_000): HandClock {
  let passed = 0;
  let waits: { at: number; resolve: () => void }[] = [];
  return {
    now: () => startMs + passed,
    monotonic: () => passed,
    wait: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        waits.push({ at: passed + ms, resolve });
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    async advance(ms) {
      passed += ms;
      const due = waits.filter(({ at }) => at <= passed);
      waits = waits.filter(({ at }) => at > passed);
      for (const { resolve } of due) {
        resolve();
      }
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}
