import type { Clock } from '../domain/time/clock.ts';

/** Holds so many tokens, and gets one back every so often. */
export class TokenBucket {
  readonly #size: number;
  readonly #everyMs: number;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #tokens: number;
  #countedAtMs: number;

  constructor(
    { size, everyMs }: { readonly size: number; readonly everyMs: number },
    clock: Pick<Clock, 'monotonic'>,
  ) {
    this.#size = size;
    this.#everyMs = everyMs;
    this.#clock = clock;
    this.#tokens = size;
    this.#countedAtMs = clock.monotonic();
  }

  /** 0 where so many tokens are there now. */
  waitMs(count: number): number {
    this.#count();
    // Sums of parts of tokens are never exact.
    return this.#tokens + 1e-6 >= count ? 0 : Math.max(1, (count - this.#tokens) * this.#everyMs);
  }

  take(count: number): void {
    this.#count();
    this.#tokens -= count;
  }

  #count(): void {
    const nowMs = this.#clock.monotonic();
    this.#tokens = Math.min(this.#size, this.#tokens + (nowMs - this.#countedAtMs) / this.#everyMs);
    this.#countedAtMs = nowMs;
  }
}
