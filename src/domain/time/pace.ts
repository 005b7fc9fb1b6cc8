import type { Clock } from './clock.ts';

/** Lets callers go one after another, never closer than so long. */
export interface Pace {
  /** Resolves when it is the caller's turn. @throws the signal's reason */
  turn(signal: AbortSignal): Promise<void>;
  /** What had the turn begins only now: the next one counts from here. */
  begin(): void;
}

/** @param apartMs between the starts of two turns */
export function startPace(clock: Pick<Clock, 'monotonic' | 'sleep'>, apartMs: number): Pace {
  let freeAtMs = Number.NEGATIVE_INFINITY;
  return {
    async turn(signal) {
      signal.throwIfAborted();
      const nowMs = clock.monotonic();
      const startMs = Math.max(nowMs, freeAtMs);
      freeAtMs = startMs + apartMs;
      if (startMs > nowMs) {
        await clock.sleep(startMs - nowMs, signal);
      }
    },
    begin() {
      freeAtMs = Math.max(freeAtMs, clock.monotonic() + apartMs);
    },
  };
}

/** Runs the works of one key one after another; those of different keys side by side. */
export interface Queues {
  run<Result>(key: string, work: () => Promise<Result>): Promise<Result>;
}

export function startQueues(): Queues {
  const last = new Map<string, Promise<unknown>>();
  return {
    run(key, work) {
      const before = last.get(key) ?? Promise.resolve();
      const result = before.then(work, work);
      last.set(key, result);
      const forget = () => {
        if (last.get(key) === result) {
          last.delete(key);
        }
      };
      result.then(forget, forget);
      return result;
    },
  };
}
