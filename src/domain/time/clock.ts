/** Time and chance, passed to whoever needs them: a test moves its own by hand. */
export interface Clock {
  /** Wall time, milliseconds since the epoch. It may jump either way. */
  now(): number;
  /** Milliseconds since some fixed moment. It never goes back and never jumps. */
  monotonic(): number;
  /** Resolves after `ms`. @throws the signal's reason once that is aborted */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
}
