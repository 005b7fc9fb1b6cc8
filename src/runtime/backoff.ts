export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** In [0, 1). */
  readonly random: () => number;
}

export interface Backoff {
  /**
   * How long to wait before the next try: doubles from `firstMs` to `mostMs`, each between half and all of
   * it.
   */
  nextMs(): number;
  reset(): void;
}

export function createBackoff({ firstMs, mostMs, random }: BackoffOptions): Backoff {
  let ceilingMs = firstMs;
  return {
    nextMs() {
      const waitMs = ceilingMs * (0.5 + random() / 2);
      ceilingMs = Math.min(mostMs, ceilingMs * 2);
      return waitMs;
    },
    reset() {
      ceilingMs = firstMs;
    },
  };
}
