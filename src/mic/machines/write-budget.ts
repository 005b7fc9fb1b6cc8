import type { MachineKind } from '../../domain/azure/machines.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';

/** Leave to send one change. */
export interface WriteBudget {
  /**
   * Waits until the change may be sent. @param names how many identities it names by now @returns what ends it,
   * to be called when it is answered @throws the signal's reason
   */
  take(
    machine: { readonly id: string; readonly kind: MachineKind },
    names: () => number,
    signal: AbortSignal,
  ): Promise<() => void>;
  /** Azure has asked for it: nothing is sent to anything for so long. */
  pauseAll(ms: number): void;
}

/**
 * Azure's own buckets (limits of Compute and of managed identities, 2026): updates of one machine 4 a minute
 * and 12 at once; assignments of identities 300 in 20 seconds by subscription and region.
 */
const perMachine = { size: 12, everyMs: 15_000 };
const names = { size: 300, everyMs: 20_000 / 300 };
const atOnce = 8;
/** How often a change that has to wait looks again, at most. */
const lookMs = 200;

export function createWriteBudget(clock: Clock): WriteBudget {
  const machines = new Map<string, TokenBucket>();
  const named = new TokenBucket(names, clock);
  let running = 0;
  let pausedUntilMs = Number.NEGATIVE_INFINITY;
  const waitMs = (bucket: TokenBucket, count: number): number => {
    const pauseMs = pausedUntilMs - clock.monotonic();
    const slotMs = running >= atOnce ? lookMs : 0;
    return Math.max(0, pauseMs, slotMs, bucket.waitMs(1), named.waitMs(count));
  };
  return {
    async take({ id }, count, signal) {
      const bucket = machines.get(id) ?? new TokenBucket(perMachine, clock);
      machines.set(id, bucket);
      const asked = () => Math.min(count(), names.size);
      for (let ms = waitMs(bucket, asked()); ms > 0; ms = waitMs(bucket, asked())) {
        await clock.sleep(ms, signal);
      }
      bucket.take(1);
      named.take(asked());
      running += 1;
      let isRunning = true;
      return () => {
        running -= isRunning ? 1 : 0;
        isRunning = false;
      };
    },
    pauseAll(ms) {
      pausedUntilMs = Math.max(pausedUntilMs, clock.monotonic() + ms);
    },
  };
}
