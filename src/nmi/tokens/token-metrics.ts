/** What the token room counts. Calls come from the hot path: an implementation only adds to a number. */
export interface TokenMetrics {
  /** Answered from memory. */
  hit(): void;
  /** Answered by a call that was already under way for another asker. */
  shared(): void;
  /** A call upstream begun because someone waits for it. */
  miss(): void;
  /** A call upstream begun while the old token is still good, and how it ended. */
  renewal(outcome: 'renewed' | 'failed'): void;
  refused(reason: 'upstream' | 'remembered' | 'queue-full' | 'share-full'): void;
  /** Gauges: calls to upstream now, calls waiting for their turn, cached keys and bytes. */
  upstream(inFlight: number, queued: number): void;
  cached(keys: number, bytes: number): void;
}

export function silentTokenMetrics(): TokenMetrics {
  return { hit() {}, shared() {}, miss() {}, renewal() {}, refused() {}, upstream() {}, cached() {} };
}
