export interface ElectionTimes {
  /** Without a renewal for so long, by another's clock, a lease is anybody's. */
  readonly durationMs: number;
  /** Without one for so long, by its own, its holder stops writing. */
  readonly deadlineMs: number;
  readonly renewEveryMs: number;
  readonly tryEveryMs: number;
}

/**
 * Upstream's 15 s, and what client-go holds with it: 10 s to renew, 2 s between renewals. @param durationMs of
 * the lease, from which the others follow
 */
export function electionTimes(durationMs: number): ElectionTimes {
  return {
    durationMs,
    deadlineMs: (durationMs * 2) / 3,
    renewEveryMs: Math.min(2_000, durationMs / 6),
    tryEveryMs: Math.min(1_000, durationMs / 8),
  };
}
