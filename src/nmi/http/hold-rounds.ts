import type { ChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';

/** Wakes held requests together, so that many changes in a row cost each of them one attempt. */
export interface HoldRounds {
  /** Grows with every change. Read before an attempt, it tells what that attempt could know. */
  readonly seen: number;
  /**
   * Waits for a change later than `seen`.
   * @returns false when `ms` are over, or the process is to end, without one
   * @throws the signal's reason
   */
  next(seen: number, ms: number, signal: AbortSignal): Promise<boolean>;
}

/**
 * Pause between a change and the attempts that it causes, and its growth with the number of those who wait: an
 * attempt takes some microseconds, so that thousands of them take a small part of the thread's time however fast
 * a tenant's objects change.
 */
const pauseMs = 5;
const pausePerWaiterMs = 0.1;

export function createHoldRounds(
  changed: ChangeNotice,
  clock: Pick<Clock, 'sleep'>,
  ending: AbortSignal,
): HoldRounds {
  return new Rounds(changed, clock, ending);
}

class Rounds implements HoldRounds {
  seen = 0;
  readonly #clock: Pick<Clock, 'sleep'>;
  readonly #ending: AbortSignal;
  readonly #waiters = new Set<(isChanged: boolean) => void>();
  #isDue = false;

  constructor(changed: ChangeNotice, clock: Pick<Clock, 'sleep'>, ending: AbortSignal) {
    this.#clock = clock;
    this.#ending = ending;
    changed.listen(() => {
      this.seen += 1;
      this.#call();
    });
    ending.addEventListener('abort', () => this.#wake(false), { once: true });
  }

  next(seen: number, ms: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.#ending.aborted) {
        resolve(false);
        return;
      }
      const settled = new AbortController();
      const settle = (isChanged: boolean) => {
        this.#waiters.delete(settle);
        signal.removeEventListener('abort', leave);
        settled.abort();
        resolve(isChanged);
      };
      const leave = () => {
        this.#waiters.delete(settle);
        settled.abort();
        reject(signal.reason);
      };
      this.#waiters.add(settle);
      signal.addEventListener('abort', leave, { once: true });
      this.#clock.sleep(ms, settled.signal).then(
        () => settle(false),
        () => undefined,
      );
      if (seen !== this.seen) {
        this.#call();
      }
    });
  }

  #call(): void {
    if (this.#isDue || this.#waiters.size === 0) {
      return;
    }
    this.#isDue = true;
    const ms = pauseMs + this.#waiters.size * pausePerWaiterMs;
    this.#clock.sleep(ms, this.#ending).then(
      () => {
        this.#isDue = false;
        this.#wake(true);
      },
      () => undefined,
    );
  }

  #wake(isChanged: boolean): void {
    for (const settle of [...this.#waiters]) {
      settle(isChanged);
    }
  }
}
