import { setImmediate as nextTurn } from 'node:timers/promises';
import { backoffMs, jittered } from '../../domain/time/backoff.ts';
import { parseList, parseWatchEvent } from '../../validate/kubernetes/watch-event.ts';
import { ApiFailure } from './api-connection.ts';
import type { CutJson } from './cut-json.ts';
import type { WatchLimits, WatchList, WatchListOptions } from './watch-list-options.ts';

const usualLimits: WatchLimits = {
  silenceMs: 80_000,
  watchSec: 270,
  listAfterSilence: false,
  relistSpreadMs: 30_000,
  firstRetryMs: 250,
  mostRetryMs: 10_000,
};

const mostFirstRetryMs = 2_000;

/**
 * Keeps a copy of a collection current: list, watch, resume, and list again where the server no longer knows
 * the past.
 */
export function createWatchList<Item>(options: WatchListOptions<Item>): WatchList {
  return new ListAndWatch(options);
}

class ListAndWatch<Item> implements WatchList {
  synced = false;
  live = false;
  heardAt: number | undefined;
  readonly #options: WatchListOptions<Item>;
  readonly #limits: WatchLimits;
  /** Where the watch resumes; undefined when a list is due. */
  #version: string | undefined;
  /** The newest version ever seen, so that a list cannot lead back in time. */
  #floor = '0';
  #failures = 0;
  #spreadNextList = false;
  /** The last watch had all its time and brought nothing. */
  #isSilent = false;
  #interrupt = new AbortController();
  #asked: { promise: Promise<void>; settle: (error?: unknown) => void } | undefined;

  constructor(options: WatchListOptions<Item>) {
    this.#options = options;
    this.#limits = { ...usualLimits, ...options.limits };
  }

  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.#interrupt.abort(signal.reason), { once: true });
    while (!signal.aborted) {
      this.#interrupt = new AbortController();
      const step = this.#interrupt.signal;
      try {
        await this.#step(signal, step);
        this.#failures = 0;
        await nextTurn();
      } catch (error) {
        this.live = false;
        await this.#recover(error, step);
      }
    }
    this.live = false;
    this.#asked?.settle(signal.reason);
  }

  relist(): Promise<void> {
    if (this.#asked === undefined) {
      const { promise, resolve, reject } = withResolvers();
      const settle = (error?: unknown) => {
        this.#asked = undefined;
        error === undefined ? resolve() : reject(error);
      };
      this.#asked = { promise, settle };
      this.#interrupt.abort(new Error('A new list was asked for.'));
    }
    return this.#asked.promise;
  }

  async #step(signal: AbortSignal, step: AbortSignal): Promise<void> {
    const isDue = this.#version === undefined || (this.#isSilent && this.#limits.listAfterSilence);
    if (isDue || this.#asked !== undefined) {
      if (this.#spreadNextList && this.#asked === undefined) {
        await this.#options.clock.sleep(this.#options.clock.random() * this.#limits.relistSpreadMs, step);
      }
      await this.#list(signal);
    }
    await this.#watch(step);
  }

  async #list(signal: AbortSignal): Promise<void> {
    const asked = this.#asked;
    try {
      // Without a limit: servers answer pages from etcd, where the pods of one node are found among all of them,
      // and a whole list from memory.
      const query = new URLSearchParams({ ...this.#options.query, resourceVersion: this.#floor });
      const { connection, path, shape, mostBytes, parse, sieve } = this.#options;
      const keep = sieve?.() ?? ((item: Item) => item);
      const items: Item[] = [];
      const onItem = ({ json, isCut }: CutJson) => {
        const item = parse(json, isCut);
        const kept = item === undefined ? undefined : keep(item);
        if (kept !== undefined) {
          items.push(kept);
        }
      };
      const list = parseList(await connection.list(`${path}?${query}`, { shape, mostBytes, signal, onItem }));
      this.#heard();
      this.#options.into.replace(items);
      this.#version = list.resourceVersion;
      this.#floor = list.resourceVersion;
      this.synced = true;
      this.#isSilent = false;
      this.#spreadNextList = false;
      this.#failures = 0;
      asked?.settle();
    } catch (error) {
      // A server restored from a backup has lost the future that we saw; only a list from any version gets
      // out of that.
      this.#floor = '0';
      asked?.settle(error);
      throw error;
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { connection, path, query, clock, shape, mostBytes } = this.#options;
    const timeoutSeconds = String(Math.round(this.#limits.watchSec * (1 + clock.random() / 5)));
    const search = new URLSearchParams({
      ...query,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version ?? '0',
      timeoutSeconds,
    });
    const stream = connection.stream(`${path}?${search}`, {
      shape,
      mostBytes,
      silenceMs: this.#limits.silenceMs,
      signal,
    });
    const began = clock.monotonic();
    this.live = true;
    let lines = 0;
    try {
      for await (const event of stream) {
        lines += 1;
        this.#heard();
        this.#apply(event);
      }
    } finally {
      const shortestMs = Math.min(this.#limits.silenceMs, this.#limits.watchSec * 1000);
      this.#isSilent = lines === 0 && clock.monotonic() - began >= shortestMs;
    }
    // Its end is a sign of life as well.
    this.#heard();
    this.live = false;
    // A server that ends each watch at once must not be asked in a tight loop.
    if (clock.monotonic() - began < this.#limits.firstRetryMs) {
      await clock.sleep(jittered(this.#limits.firstRetryMs, clock.random()), signal);
    }
  }

  #apply({ json, isCut }: CutJson): void {
    const event = parseWatchEvent(json);
    if (event.type === 'ERROR') {
      throw new ApiFailure(event.code, `The watch of ${this.#options.path} ended with ${event.code}.`);
    }
    const order = compareVersions(event.resourceVersion, this.#version);
    if (order < 0) {
      // An older state after a newer one could bring back what was deleted; only a list has the current
      // state.
      this.#version = undefined;
      throw new Error(`The watch of ${this.#options.path} went back in time.`);
    }
    if (order === 0 && event.type !== 'BOOKMARK') {
      return;
    }
    const item = event.type === 'BOOKMARK' ? undefined : this.#options.parse(event.object, isCut);
    if (item !== undefined) {
      event.type === 'DELETED' ? this.#options.into.remove(item) : this.#options.into.upsert(item);
    }
    this.#version = event.resourceVersion ?? this.#version;
    this.#floor = this.#version ?? this.#floor;
  }

  async #recover(error: unknown, step: AbortSignal): Promise<void> {
    if (step.aborted) {
      return;
    }
    this.#options.onTrouble(error);
    if (error instanceof ApiFailure && (error.status === 410 || error.status === 404)) {
      this.#version = undefined;
      // A kind that nobody defined for a while has few objects, and pods wait for them.
      this.#spreadNextList = this.synced && error.status === 410;
    }
    // Before the first list nothing can be decided, so that every second of waiting is one without an answer.
    const mostMs = Math.min(
      this.#limits.mostRetryMs,
      this.synced ? Number.POSITIVE_INFINITY : mostFirstRetryMs,
    );
    this.#failures += 1;
    const { clock } = this.#options;
    const pauseMs = backoffMs({ firstMs: this.#limits.firstRetryMs, mostMs }, this.#failures, clock.random());
    await clock.sleep(pauseMs, step).catch(() => undefined);
  }

  #heard(): void {
    this.heardAt = this.#options.clock.monotonic();
  }
}

/**
 * Negative for older, zero for the same, positive for newer, and positive where it is unknown. Versions
 * are decimal numbers on every server in use (and by specification since Kubernetes 1.35).
 */
function compareVersions(one: string | undefined, other: string | undefined): number {
  const decimal = /^\d{1,39}$/;
  if (one === undefined || other === undefined || !decimal.test(one) || !decimal.test(other)) {
    return 1;
  }
  const difference = BigInt(one) - BigInt(other);
  return difference < 0n ? -1 : difference === 0n ? 0 : 1;
}

/** `Promise.withResolvers` came with Node 22. */
function withResolvers() {
  let resolve: () => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
