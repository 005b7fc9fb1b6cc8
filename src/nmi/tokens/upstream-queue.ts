import type { Clock } from '../../domain/time/clock.ts';
import { TokenRefused } from './token-error.ts';
import { silentTokenMetrics, type TokenMetrics } from './token-metrics.ts';

export interface UpstreamQueueLimits {
  readonly atOnce: number;
  /** Calls begun in any one second. */
  readonly perSecond: number;
  readonly waiting: number;
  readonly waitingPerAsker: number;
  /**
   * Calls of one asker at once, however few others there are: whoever comes next finds a place even when
   * every answer is slow.
   */
  readonly runningPerAsker: number;
}

/**
 * IMDS allows a whole VM 5 token calls at once and 20 a second; the node's own processes keep the difference.
 */
export const imdsTokenLimits: UpstreamQueueLimits = {
  atOnce: 4,
  perSecond: 15,
  waiting: 500,
  waitingPerAsker: 40,
  runningPerAsker: 2,
};

export interface UpstreamQueue {
  /**
   * Runs `call` when its turn comes. `askers` is read anew at every turn and may grow meanwhile; its first
   * member is charged for the place in the queue, and the one at whose turn the call begins for the call that
   * runs. The last free place goes only to an asker of whom nothing runs.
   * @throws TokenRefused 503 at once when the queue or the asker's part of it is full; the signal's reason
   * while waiting
   */
  run<T>(askers: ReadonlySet<string>, signal: AbortSignal, call: () => Promise<T>): Promise<T>;
}

export interface UpstreamQueueOptions {
  readonly clock: Clock;
  readonly limits: UpstreamQueueLimits;
  readonly metrics?: TokenMetrics;
}

/**
 * A queue in front of a shared quota: bounded, and served in turns so that nobody's thousand calls delay
 * another's one. Turns alone do not help when every answer takes ten seconds, so nobody holds all places
 * either.
 */
export function createUpstreamQueue(options: UpstreamQueueOptions): UpstreamQueue {
  const turns = new Turns(options.clock, options.limits, options.metrics ?? silentTokenMetrics());
  return {
    async run(askers, signal, call) {
      const leave = await turns.enter(askers, signal);
      try {
        return await call();
      } finally {
        leave();
      }
    },
  };
}

interface Waiter {
  readonly askers: ReadonlySet<string>;
  readonly chargedTo: string;
  readonly begin: (asker: string) => void;
}

interface Turn {
  readonly waiter: Waiter;
  readonly asker: string;
}

class Turns {
  readonly #clock: Clock;
  readonly #limits: UpstreamQueueLimits;
  readonly #metrics: TokenMetrics;
  readonly #waiting = new Set<Waiter>();
  readonly #waitingOf = new Map<string, number>();
  readonly #runningOf = new Map<string, number>();
  /**
   * Number of the turn at which an asker was last served. Kept until the queue is idle: a newcomer goes first
   * only once.
   */
  readonly #lastServed = new Map<string, number>();
  /** Monotonic times of the latest starts, oldest first, at most `perSecond` of them. */
  readonly #starts: number[] = [];
  #running = 0;
  #turn = 0;
  #wakePending = false;

  constructor(clock: Clock, limits: UpstreamQueueLimits, metrics: TokenMetrics) {
    this.#clock = clock;
    this.#limits = limits;
    this.#metrics = metrics;
  }

  enter(askers: ReadonlySet<string>, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const [chargedTo = ''] = askers;
      this.#refuseWhenFull(chargedTo);
      const abandon = () => {
        this.#remove(waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        askers,
        chargedTo,
        begin: (asker) => {
          signal.removeEventListener('abort', abandon);
          resolve(() => this.#leave(asker));
        },
      };
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.add(waiter);
      count(this.#waitingOf, chargedTo, 1);
      this.#serve();
    });
  }

  #refuseWhenFull(asker: string): void {
    const ownFull = (this.#waitingOf.get(asker) ?? 0) >= this.#limits.waitingPerAsker;
    if (!ownFull && this.#waiting.size < this.#limits.waiting) {
      return;
    }
    this.#metrics.refused('queue-full');
    throw new TokenRefused({
      status: 503,
      error: 'temporarily_unavailable',
      description: ownFull
        ? 'This pod already waits for as many different tokens as one pod may.'
        : 'Too many pods of this node wait for tokens.',
      retryAfterSec: 1 + Math.ceil(this.#waiting.size / this.#limits.perSecond),
      holdsForOthers: false,
    });
  }

  #serve(): void {
    while (this.#running < this.#limits.atOnce) {
      const next = this.#next();
      if (next === undefined) {
        break;
      }
      const pauseMs = this.#pauseMs();
      if (pauseMs > 0) {
        this.#wakeIn(pauseMs);
        break;
      }
      this.#begin(next);
    }
    this.#metrics.upstream(this.#running, this.#waiting.size);
  }

  /** How long the rate forbids another start. */
  #pauseMs(): number {
    const [oldest] = this.#starts;
    return oldest === undefined || this.#starts.length < this.#limits.perSecond
      ? 0
      : oldest + 1000 - this.#clock.monotonic();
  }

  #wakeIn(ms: number): void {
    if (this.#wakePending) {
      return;
    }
    this.#wakePending = true;
    // The wait lasts a second at most and nothing cuts it short.
    void this.#clock.sleep(Math.ceil(ms), new AbortController().signal).then(() => {
      this.#wakePending = false;
      this.#serve();
    });
  }

  /**
   * The call of the asker whose last turn is longest ago, of those who may have one more; among that asker's
   * calls, the oldest.
   */
  #next(): Turn | undefined {
    const isLastPlace = this.#running === this.#limits.atOnce - 1;
    const most = isLastPlace ? 1 : this.#limits.runningPerAsker;
    let best: Turn | undefined;
    let bestTurn = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiting) {
      for (const asker of waiter.askers.size > 0 ? waiter.askers : [waiter.chargedTo]) {
        const turn = this.#lastServed.get(asker) ?? -1;
        if (turn < bestTurn && (this.#runningOf.get(asker) ?? 0) < most) {
          best = { waiter, asker };
          bestTurn = turn;
        }
      }
    }
    return best;
  }

  #begin({ waiter, asker }: Turn): void {
    this.#remove(waiter);
    this.#turn += 1;
    this.#lastServed.set(asker, this.#turn);
    this.#starts.push(this.#clock.monotonic());
    if (this.#starts.length > this.#limits.perSecond) {
      this.#starts.shift();
    }
    this.#running += 1;
    count(this.#runningOf, asker, 1);
    waiter.begin(asker);
  }

  #remove(waiter: Waiter): void {
    if (this.#waiting.delete(waiter)) {
      count(this.#waitingOf, waiter.chargedTo, -1);
    }
  }

  #leave(asker: string): void {
    this.#running -= 1;
    count(this.#runningOf, asker, -1);
    if (this.#running === 0 && this.#waiting.size === 0) {
      this.#lastServed.clear();
    }
    this.#serve();
  }
}

function count(counts: Map<string, number>, key: string, step: 1 | -1): void {
  const now = (counts.get(key) ?? 0) + step;
  if (now > 0) {
    counts.set(key, now);
  } else {
    counts.delete(key);
  }
}
