import type { Clock } from '../../../src/domain/time/clock.ts';

export interface HandClock extends Clock {
  /** Moves both clocks and lets everything run that falls due, in order. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock alone, as NTP does. */
  jump(ms: number): void;
}

/** A clock that a test moves. Chance is always one half. */
export function handClock(startMs = 1_800_000_000_000): HandClock {
  let monotonic = 5_000;
  let wallOffset = startMs - monotonic;
  const waits = new Set<{ at: number; done: () => void }>();
  return {
    now: () => monotonic + wallOffset,
    monotonic: () => monotonic,
    random: () => 0.5,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const wait = {
          at: monotonic + ms,
          done: () => {
            signal.removeEventListener('abort', stop);
            resolve();
          },
        };
        const stop = () => {
          waits.delete(wait);
          reject(signal.reason);
        };
        if (signal.aborted) {
          stop();
          return;
        }
        signal.addEventListener('abort', stop, { once: true });
        waits.add(wait);
      }),
    async advance(ms) {
      const end = monotonic + ms;
      await settle();
      for (;;) {
        const next = [...waits].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (!next) {
          break;
        }
        waits.delete(next);
        monotonic = Math.max(monotonic, next.at);
        next.done();
        await settle();
      }
      monotonic = end;
      await settle();
    },
    jump(ms) {
      wallOffset += ms;
    },
  };
}

/** Lets every promise that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
