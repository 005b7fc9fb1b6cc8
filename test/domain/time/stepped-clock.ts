import type { Clock } from '../../../src/domain/time/clock.ts';

/** A clock whose time goes on to the next sleeper once nothing else is to be done. */
export function steppedClock(): Clock & { readonly slept: number[] } {
  let nowMs = 0;
  let stepping = false;
  const slept: number[] = [];
  const sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  const step = async () => {
    stepping = true;
    while (sleepers.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      sleepers.sort((one, other) => one.atMs - other.atMs);
      const next = sleepers.shift();
      nowMs = Math.max(nowMs, next?.atMs ?? nowMs);
      next?.wake();
    }
    stepping = false;
  };
  return {
    slept,
    now: () => nowMs,
    monotonic: () => nowMs,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) {
          reject(signal.reason);
          return;
        }
        slept.push(ms);
        const wake = () => {
          signal.removeEventListener('abort', leave);
          resolve();
        };
        const sleeper = { atMs: nowMs + ms, wake };
        const leave = () => {
          sleepers.splice(sleepers.indexOf(sleeper), sleepers.includes(sleeper) ? 1 : 0);
          reject(signal.reason);
        };
        sleepers.push(sleeper);
        signal.addEventListener('abort', leave, { once: true });
        if (!stepping) {
          void step();
        }
      }),
  };
}
