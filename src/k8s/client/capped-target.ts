import {
  type LeftOutReason,
  ObjectLedger,
  type ObjectLimits,
  type ObjectName,
  objectLimits,
  type WatchedKind,
} from '../../domain/kubernetes/object-limits.ts';
import { createChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { WatchList, WatchListTarget } from './watch-list-options.ts';

/** An object as a watch brings it. */
export interface Received<Item> {
  readonly item: Item;
  /** It is larger than what is read of one. */
  readonly isCut: boolean;
}

/** Stands before an index, and lets in what is within the limits of its kind. */
export interface CappedTarget<Item> extends WatchListTarget<Received<Item>> {
  /** For one list: what of each object is kept. */
  sieve(): (received: Received<Item>) => Received<Item> | undefined;
  countLeftOut(): Readonly<Record<LeftOutReason, number>>;
  leftOutIn(namespace: string): ReadonlyMap<string, LeftOutReason>;
  /** Lists again where something was left out for want of room and there is room now. Never rejects. */
  listForRoom(watch: Pick<WatchList, 'relist'>, signal: AbortSignal): Promise<void>;
}

export interface CappedTargetOptions<Item> {
  readonly kind: WatchedKind;
  /** An agent's unless said otherwise. */
  readonly limits?: ObjectLimits;
  readonly into: WatchListTarget<Item>;
  readonly nameOf: (item: Item) => ObjectName;
  readonly sizeOf: (item: Item) => number;
  /** What stays of an object that is left out; undefined: nothing. */
  readonly remainder?: (item: Item) => Item | undefined;
  readonly clock: Pick<Clock, 'monotonic' | 'sleep' | 'random'>;
  readonly logger: { warn(fields: object, message: string): void };
}

const logPauseMs = 60_000;
/** A tenant who makes and deletes objects costs the API server no more lists than this. */
const roomPauseMs = 30_000;

export function createCappedTarget<Item>(options: CappedTargetOptions<Item>): CappedTarget<Item> {
  return new Capped(options);
}

class Capped<Item> implements CappedTarget<Item> {
  readonly #options: CappedTargetOptions<Item>;
  readonly #limits: ObjectLimits;
  #ledger: ObjectLedger;
  /** Of the list that is being read. */
  #next: ObjectLedger;
  #loggedAt = Number.NEGATIVE_INFINITY;
  readonly #roomMade = createChangeNotice();
  #hasRoom = false;

  constructor(options: CappedTargetOptions<Item>) {
    this.#options = options;
    this.#limits = options.limits ?? objectLimits[options.kind];
    this.#ledger = new ObjectLedger(this.#limits);
    this.#next = this.#ledger;
  }

  sieve(): (received: Received<Item>) => Received<Item> | undefined {
    const ledger = new ObjectLedger(this.#limits);
    this.#next = ledger;
    return (received) => {
      const item = this.#kept(ledger, received);
      return item === undefined ? undefined : { item, isCut: false };
    };
  }

  replace(all: readonly Received<Item>[]): void {
    this.#ledger = this.#next;
    this.#options.into.replace(all.map(({ item }) => item));
    this.#logLeftOut();
  }

  upsert(received: Received<Item>): void {
    const item = this.#kept(this.#ledger, received);
    if (item === undefined) {
      this.#options.into.remove(received.item);
    } else {
      this.#options.into.upsert(item);
    }
    if (this.#isLeftOut(received.item)) {
      this.#logLeftOut();
    }
  }

  remove({ item }: Received<Item>): void {
    const { nameOf, into } = this.#options;
    const name = nameOf(item);
    this.#ledger.release(name);
    into.remove(item);
    if (!this.#hasRoom && this.#ledger.hasRoomIn(name.namespace)) {
      this.#hasRoom = true;
      this.#roomMade.announce();
    }
  }

  countLeftOut(): Readonly<Record<LeftOutReason, number>> {
    return this.#ledger.countLeftOut();
  }

  leftOutIn(namespace: string): ReadonlyMap<string, LeftOutReason> {
    return this.#ledger.leftOutIn(namespace);
  }

  async listForRoom(watch: Pick<WatchList, 'relist'>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    try {
      for (;;) {
        await (this.#hasRoom ? undefined : this.#roomMade.next(signal));
        await clock.sleep(roomPauseMs * (1 + clock.random()), signal);
        this.#hasRoom = false;
        await watch.relist().catch(() => undefined);
      }
    } catch {
      // The agent ends.
    }
  }

  /** The object, or what stays of it; undefined when nothing does. */
  #kept(ledger: ObjectLedger, { item, isCut }: Received<Item>): Item | undefined {
    const { nameOf, sizeOf, remainder } = this.#options;
    const size = isCut ? Number.POSITIVE_INFINITY : sizeOf(item);
    return ledger.admit(nameOf(item), size) === undefined ? item : remainder?.(item);
  }

  #isLeftOut(item: Item): boolean {
    const { namespace, name } = this.#options.nameOf(item);
    return this.#ledger.leftOutIn(namespace).has(name);
  }

  /** One line a minute, however much is written. */
  #logLeftOut(): void {
    const { kind, clock, logger } = this.#options;
    const namespaces = this.#ledger.namespacesLeftOut;
    if (namespaces.length === 0 || clock.monotonic() - this.#loggedAt < logPauseMs) {
      return;
    }
    this.#loggedAt = clock.monotonic();
    logger.warn(
      {
        resource: kind,
        leftOut: this.countLeftOut(),
        namespaces: namespaces.slice(0, 5),
        limits: this.#limits,
      },
      'objects beyond the limits are left out; podid doctor says which',
    );
  }
}
