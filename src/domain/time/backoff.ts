export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * Doubles from `firstMs` with each failure after the first, up to `mostMs`. @param failures so far, from 1
 */
export function doubledMs({ firstMs, mostMs }: Backoff, failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
}

/**
 * Between half and all of `ms` ("equal jitter"): callers that failed together do not come back together, no
 * pause is longer than the figure that is documented, and none is near nothing, as full jitter's may be,
 * where a server has just said that it is busy.
 *
 * @param random from 0 to below 1
 */
export function jittered(ms: number, random: number): number {
  return ms * (0.5 + random / 2);
}

/** How long to wait after so many failures. */
export function backoffMs(backoff: Backoff, failures: number, random: number): number {
  return jittered(doubledMs(backoff, failures), random);
}
