import type { Clock } from '../../domain/time/clock.ts';
import type { ApiConnection, KeptParts } from './api-connection.ts';

export interface WatchListOptions<Item> extends KeptParts {
  readonly connection: ApiConnection;
  /** `/api/v1/pods`, or any other collection. */
  readonly path: string;
  /** Selectors, as they go into the query. */
  readonly query?: Readonly<Record<string, string>>;
  /** Undefined for what is not a such object; it is skipped. `isCut`: more of it was asked for than is there. */
  readonly parse: (json: unknown, isCut: boolean) => Item | undefined;
  /** Made anew for each list: what of an object is kept; undefined leaves it out before it takes memory. */
  readonly sieve?: () => (item: Item) => Item | undefined;
  readonly into: WatchListTarget<Item>;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep' | 'random'>;
  /** Hears of every failure; the watch goes on by itself. */
  readonly onTrouble: (error: unknown) => void;
  readonly limits?: Partial<WatchLimits>;
}

/** Where the objects go. Called in the order of the server's events. */
export interface WatchListTarget<Item> {
  replace(items: readonly Item[]): void;
  upsert(item: Item): void;
  remove(item: Item): void;
}

export interface WatchLimits {
  /**
   * Servers send a bookmark about once a minute, with a quarter of jitter: a watch silent for longer is dead.
   */
  readonly silenceMs: number;
  /** The server is asked to end a watch after so long, and up to a fifth more; the next one goes on from there. */
  readonly watchSec: number;
  /**
   * A watch that had all its time and brought nothing is followed by a list: whatever swallowed it may swallow the
   * next. A server that has seen a change of the kind since it started writes a bookmark before it ends a watch; one
   * that has not is listed each time.
   */
  readonly listAfterSilence: boolean;
  /**
   * A relist after 410 or an outage starts somewhere in this span, so that a cluster's nodes do not all come
   * at once.
   */
  readonly relistSpreadMs: number;
  readonly firstRetryMs: number;
  readonly mostRetryMs: number;
}

export interface WatchList {
  /** Lists and watches until the signal is aborted. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Lists again now, whatever the watch does. Rejects when that list fails; several calls share one list. */
  relist(): Promise<void>;
  /** False until the first list is in. */
  readonly synced: boolean;
  /** A watch is open, as far as is known. */
  readonly live: boolean;
  /** Monotonic time of the last sign of life; undefined before the first. */
  readonly heardAt: number | undefined;
}
