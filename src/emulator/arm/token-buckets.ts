import type { EmulatorClock } from '../clock.ts';

/** A bucket of tokens: so many come in a minute, and there are never more than `most`. */
export interface TokenBucket {
  readonly perMinute: number;
  readonly most: number;
}

/** What is left of the limits, and the time by which it is filled again. */
export interface Meter {
  readonly clock: EmulatorClock;
  /** By limit and what it counts. */
  readonly buckets: Map<string, { tokens: number; readonly at: number }>;
}

export interface Charge<Limit extends string> {
  readonly limit: Limit;
  /** What the tokens are counted by, such as a machine's or a subscription's id. */
  readonly of: string;
  /** 1 when absent. */
  readonly tokens?: number;
}

export interface Short<Limit extends string> {
  readonly limit: Limit;
  readonly retryAfterSec: number;
}

/**
 * Takes the tokens of a request, all or none.
 *
 * @param limits only what is named is limited
 * @returns the charge that has to wait longest, where there are not tokens for all
 */
export function takeTokens<Limit extends string>(
  { clock, buckets }: Meter,
  limits: Readonly<Partial<Record<Limit, TokenBucket>>>,
  charges: readonly Charge<Limit>[],
): Short<Limit> | undefined {
  const now = clock.now();
  const due = charges.flatMap(({ limit, of, tokens = 1 }) => {
    const bucket = limits[limit];
    if (bucket === undefined) {
      return [];
    }
    const key = `${limit} ${of.toLowerCase()}`;
    const before = buckets.get(key) ?? { tokens: bucket.most, at: now };
    const refilled = before.tokens + ((now - before.at) / 60_000) * bucket.perMinute;
    return [{ limit, key, bucket, left: Math.min(bucket.most, refilled) - Math.min(tokens, bucket.most) }];
  });
  const short = due
    .filter(({ left }) => left < 0)
    .map(({ limit, bucket, left }) => ({ limit, waitMs: (-left / bucket.perMinute) * 60_000 }))
    .sort((a, b) => b.waitMs - a.waitMs)[0];
  if (short !== undefined) {
    return { limit: short.limit, retryAfterSec: realSeconds(clock, short.waitMs) };
  }
  for (const { key, left } of due) {
    buckets.set(key, { tokens: left, at: now });
  }
  return undefined;
}

/** Callers wait by their own clock, which the emulator's may outrun. */
function realSeconds(clock: EmulatorClock, emulatorMs: number): number {
  return Math.max(1, Math.ceil(emulatorMs / 1000 / (clock.speed || 1)));
}
