import type { ObjectMeta } from '../../../domain/kubernetes/identity-resources.ts';
import { heldObjectText } from '../../../domain/takeover/hold.ts';
import type { WatchListTarget } from '../../../k8s/client/watch-list-options.ts';
import type { NamespacedIndex } from '../namespaced-index.ts';

interface Holdable {
  readonly metadata: ObjectMeta;
  readonly spec: object;
}

/**
 * Stands before an index, and keeps in it what a hold names while the kind itself is gone. Without a hold it only
 * passes on.
 */
export interface HeldKind<Item> extends WatchListTarget<Item> {
  /**
   * Begins a hold. Of these objects those count that are there now, unchanged; all of them where the kind was gone
   * before it could be listed.
   */
  take(items: readonly Item[]): void;
  /** Ends it: what the API server does not have goes. */
  release(): void;
  /** The API server answers that there is no such kind. */
  lose(): void;
  /** Objects that are served although the API server does not have them. */
  readonly served: number;
  /** Serves in place of a list that cannot be had. */
  readonly standsIn: boolean;
}

export interface HeldKindOptions<Item> {
  readonly index: NamespacedIndex<Item & Holdable>;
  /** Whether the kind is there and stays. */
  readonly isThere: () => Promise<boolean>;
}

export function createHeldKind<Item extends Holdable>(options: HeldKindOptions<Item>): HeldKind<Item> {
  return new Kind(options);
}

class Kind<Item extends Holdable> implements HeldKind<Item> {
  readonly #options: HeldKindOptions<Item>;
  /** What may be served without the API server; undefined where there is no hold. */
  #held: Map<string, Item> | undefined;
  /** What the API server has, while there is a hold. */
  #live = new Map<string, Item>();
  /** Taken, while nobody knows yet what of it is there. */
  #offered: readonly Item[] | undefined;
  #isListed = false;
  #isLost = false;

  constructor(options: HeldKindOptions<Item>) {
    this.#options = options;
  }

  get served(): number {
    return [...(this.#held?.keys() ?? [])].filter((key) => !this.#live.has(key)).length;
  }

  get standsIn(): boolean {
    return this.#held !== undefined && this.#isLost;
  }

  take(items: readonly Item[]): void {
    this.release();
    this.#offered = items;
    if (this.#isListed) {
      this.#begin(new Map([...this.#options.index.all()].map((item) => [keyOf(item), item])));
    } else if (this.#isLost) {
      this.#beginWithoutList();
    }
  }

  release(): void {
    const gone = [...(this.#held ?? [])].filter(([key]) => !this.#live.has(key));
    this.#offered = undefined;
    this.#held = undefined;
    this.#live = new Map();
    for (const [, item] of gone) {
      this.#options.index.remove(item);
    }
  }

  lose(): void {
    this.#isLost = true;
    if (this.#offered !== undefined) {
      this.#beginWithoutList();
    } else if (this.#held !== undefined && this.#live.size > 0) {
      // From now on what the hold names is served, and nothing that came after it.
      this.#live = new Map();
      this.#options.index.replace([...this.#held.values()]);
    }
  }

  replace(items: readonly Item[]): void {
    this.#isListed = true;
    this.#isLost = false;
    const now = new Map(items.map((item) => [keyOf(item), item]));
    if (this.#offered !== undefined) {
      this.#begin(now);
    }
    if (this.#held === undefined) {
      this.#options.index.replace(items);
      return;
    }
    const before = this.#live;
    this.#live = now;
    for (const item of items) {
      this.#dropIfChanged(item);
    }
    const held = [...this.#held].filter(([key]) => !now.has(key));
    this.#options.index.replace([...items, ...held.map(([, item]) => item)]);
    // What has not come back yet is waited for; what was there, and is not, somebody may have deleted.
    for (const [key, item] of held) {
      if (before.has(key)) {
        this.#doubt(key, item);
      }
    }
  }

  upsert(item: Item): void {
    if (this.#held !== undefined) {
      this.#live.set(keyOf(item), item);
      this.#dropIfChanged(item);
    }
    this.#options.index.upsert(item);
  }

  remove(item: Item): void {
    const key = keyOf(item);
    this.#live.delete(key);
    const held = this.#held?.get(key);
    if (held === undefined) {
      this.#options.index.remove(item);
    } else {
      this.#doubt(key, held);
    }
  }

  #begin(live: Map<string, Item>): void {
    const held = (this.#offered ?? []).flatMap((offered): [string, Item][] => {
      const found = live.get(keyOf(offered));
      return found !== undefined && isSame(found, offered) ? [[keyOf(offered), found]] : [];
    });
    this.#offered = undefined;
    this.#held = new Map(held);
    this.#live = live;
  }

  #beginWithoutList(): void {
    this.#held = new Map((this.#offered ?? []).map((item) => [keyOf(item), item]));
    this.#offered = undefined;
    this.#live = new Map();
    this.#options.index.replace([...this.#held.values()]);
  }

  /** An object that somebody changed since is held in neither form: nobody allowed the older one any more. */
  #dropIfChanged(item: Item): void {
    const held = this.#held?.get(keyOf(item));
    if (held !== undefined && !isSame(held, item)) {
      this.#held?.delete(keyOf(item));
    }
  }

  /** It went: with its kind, and then it is served on; or by itself, and then it is gone. */
  #doubt(key: string, item: Item): void {
    this.#options.isThere().then(
      (isThere) => {
        if (isThere && this.#held?.get(key) === item && !this.#live.has(key)) {
          this.#held.delete(key);
          this.#options.index.remove(item);
        }
      },
      // The agent ends.
      () => undefined,
    );
  }
}

function keyOf({ metadata }: Holdable): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function isSame(one: Holdable, other: Holdable): boolean {
  return heldObjectText(one) === heldObjectText(other);
}
