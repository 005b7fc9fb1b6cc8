import type { Clock } from '../../../domain/time/clock.ts';
import { remembered, type TokenRefused } from '../token-error.ts';
import { putNewest } from './put-newest.ts';

/**
 * What Entra refused a moment ago and what reaches beyond one token: an authority that throttles is left alone for every
 * identity, and an identity that Entra does not trust for every resource.
 */
export interface ExchangePauses {
  /** @throws TokenRefused the refusal of a moment ago, while its time lasts */
  check(...keys: readonly string[]): void;
  pause(key: string, refused: TokenRefused, ms: number): void;
  /**
   * To be called for each failed trust. @returns since when it has been failing without a token in between, and without
   * a long time in which nobody asked, monotonic milliseconds
   */
  distrusted(key: string): number;
  /** A token came. */
  trusted(key: string): void;
}

/** Pods that are refused come again sooner; after longer, nothing is known of the time between. */
const longestGapMs = 1_800_000;
/** As Microsoft's libraries have it (DEFAULT_MAX_THROTTLE_TIME_SECONDS of MSAL), whatever an answer asks for. */
const longestPauseMs = 3_600_000;

export function createExchangePauses(clock: Pick<Clock, 'monotonic'>): ExchangePauses {
  const paused = new Map<string, { readonly refused: TokenRefused; readonly untilMs: number }>();
  const failing = new Map<string, { readonly sinceMs: number; readonly lastMs: number }>();
  return {
    check(...keys) {
      for (const key of keys) {
        const found = paused.get(key);
        const leftMs = (found?.untilMs ?? 0) - clock.monotonic();
        if (found !== undefined && leftMs > 0) {
          throw remembered(found.refused, leftMs);
        }
        paused.delete(key);
      }
    },
    pause: (key, refused, ms) =>
      putNewest(paused, key, { refused, untilMs: clock.monotonic() + Math.min(ms, longestPauseMs) }),
    distrusted(key) {
      const nowMs = clock.monotonic();
      const before = failing.get(key);
      const sinceMs = before !== undefined && nowMs - before.lastMs <= longestGapMs ? before.sinceMs : nowMs;
      putNewest(failing, key, { sinceMs, lastMs: nowMs });
      return sinceMs;
    },
    trusted(key) {
      failing.delete(key);
      paused.delete(key);
    },
  };
}
