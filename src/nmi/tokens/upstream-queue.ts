import type { Clock } from '../../domain/time/clock.ts';
import { createFairTurns, type Holder, placeToYield } from '../../runtime/fair-places.ts';
import { type NamespaceOf, ownNamespace } from './token.ts';
import { queueFull, type TokenRefused } from './token-error.ts';
import { silentTokenMetrics, type TokenMetrics } from './token-metrics.ts';

export interface UpstreamQueueLimits {
  readonly atOnce: number;
  /** Calls begun in any one second. */
  readonly perSecond: number;
  readonly waiting: number;
  readonly waitingPerAsker: number;
  /**
   * Calls of one asker at once, however few others there are: whoever comes next finds a place even when
   * every answer is slow. The last free place goes only to a namespace of which nothing runs.
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
   * runs.
   * @throws TokenRefused 503 when the asker's part of the queue is full, or all of it and nobody has more places of
   * it: at once, or later, when one who has fewer comes; the signal's reason while waiting
   */
  run<T>(askers: ReadonlySet<string>, signal: AbortSignal, call: () => Promise<T>): Promise<T>;
}

export interface UpstreamQueueOptions {
  readonly clock: Clock;
  readonly limits: UpstreamQueueLimits;
  readonly metrics?: TokenMetrics;
  readonly namespaceOf?: NamespaceOf;
}

/**
 * A queue in front of a shared quota: bounded, and served in turns by namespace and pod so that nobody's thousand
 * calls delay another's one. Turns alone do not help when every answer takes ten seconds, so nobody holds all places
 * either, and where the queue is full, whoever waits for most of it loses a place to whoever waits for less.
 */
export function createUpstreamQueue(options: UpstreamQueueOptions): UpstreamQueue {
  const turns = new Turns(options);
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
  readonly begin: (asker: Holder) => void;
  readonly refuse: (reason: TokenRefused) => void;
}

interface Turn {
  readonly waiter: Waiter;
  readonly asker: Holder;
}

class Turns {
  readonly #clock: Clock;
  readonly #limits: UpstreamQueueLimits;
  readonly #metrics: TokenMetrics;
  readonly #namespaceOf: NamespaceOf;
  readonly #waiting = new Set<Waiter>();
  readonly #waitingOf = new Map<string, number>();
  readonly #runningOf = new Map<string, number>();
  readonly #runningOfNamespace = new Map<string, number>();
  readonly #turns = createFairTurns();
  /** Monotonic times of the latest starts, oldest first, at most `perSecond` of them. */
  readonly #starts: number[] = [];
  #running = 0;
  #wakePending = false;

  constructor({ clock, limits, metrics, namespaceOf = ownNamespace }: UpstreamQueueOptions) {
    this.#clock = clock;
    this.#limits = limits;
    this.#metrics = metrics ?? silentTokenMetrics();
    this.#namespaceOf = namespaceOf;
  }

  enter(askers: ReadonlySet<string>, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const [chargedTo = ''] = askers;
      this.#makeRoom(chargedTo);
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
        refuse: (reason) => {
          signal.removeEventListener('abort', abandon);
          reject(reason);
        },
      };
      signal.addEventListener('abort', abandon, { once: true });
      this.#waiting.add(waiter);
      count(this.#waitingOf, chargedTo, 1);
      this.#serve();
    });
  }

  #makeRoom(asker: string): void {
    if ((this.#waitingOf.get(asker) ?? 0) >= this.#limits.waitingPerAsker) {
      throw this.#full('This pod already waits for as many different tokens as one pod may.');
    }
    if (this.#waiting.size < this.#limits.waiting) {
      return;
    }
    const taken = [...this.#waiting].map((item) => ({ item, holders: this.#holdersOf(item) }));
    const last = placeToYield(taken, { namespace: this.#namespaceOf(asker), pod: asker });
    const refused = this.#full('Too many pods of this node wait for tokens.');
    if (last === undefined) {
      throw refused;
    }
    this.#remove(last);
    last.refuse(refused);
  }

  #full(description: string): TokenRefused {
    this.#metrics.refused('queue-full');
    return queueFull(description, 1 + Math.ceil(this.#waiting.size / this.#limits.perSecond));
  }

  #holdersOf({ askers, chargedTo }: Waiter): readonly Holder[] {
    return [...(askers.size > 0 ? askers : [chargedTo])].map((pod) => ({
      namespace: this.#namespaceOf(pod),
      pod,
    }));
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

  /** The call of those whose turn comes first, of those who may have one more; among theirs, the oldest. */
  #next(): Turn | undefined {
    const isLastPlace = this.#running === this.#limits.atOnce - 1;
    const mayRun = ({ namespace, pod }: Holder) =>
      isLastPlace
        ? !this.#runningOfNamespace.has(namespace)
        : (this.#runningOf.get(pod) ?? 0) < this.#limits.runningPerAsker;
    let best: Turn | undefined;
    for (const waiter of this.#waiting) {
      for (const asker of this.#holdersOf(waiter)) {
        if (mayRun(asker) && (best === undefined || this.#turns.isBefore(asker, best.asker))) {
          best = { waiter, asker };
        }
      }
    }
    return best;
  }

  #begin({ waiter, asker }: Turn): void {
    this.#remove(waiter);
    this.#turns.take(asker);
    this.#starts.push(this.#clock.monotonic());
    if (this.#starts.length > this.#limits.perSecond) {
      this.#starts.shift();
    }
    this.#running += 1;
    count(this.#runningOf, asker.pod, 1);
    count(this.#runningOfNamespace, asker.namespace, 1);
    waiter.begin(asker);
  }

  #remove(waiter: Waiter): void {
    if (this.#waiting.delete(waiter)) {
      count(this.#waitingOf, waiter.chargedTo, -1);
    }
  }

  #leave({ namespace, pod }: Holder): void {
    this.#running -= 1;
    count(this.#runningOf, pod, -1);
    count(this.#runningOfNamespace, namespace, -1);
    if (this.#running === 0 && this.#waiting.size === 0) {
      this.#turns.forget();
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
