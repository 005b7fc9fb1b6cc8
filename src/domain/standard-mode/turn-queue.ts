/**
 * What waits, the namespaces in turn: whoever has thousands of pods or objects waits for them behind one of everybody
 * else's.
 */
export class TurnQueue<Item> {
  /** Whose turn is longest ago comes first. */
  readonly #waiting = new Map<string, Set<Item>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** An item that waits already goes on waiting where it is. */
  push(namespace: string, item: Item): void {
    const items = this.#waiting.get(namespace) ?? new Set<Item>();
    this.#size += items.has(item) ? 0 : 1;
    this.#waiting.set(namespace, items.add(item));
  }

  shift(): Item | undefined {
    const [next] = this.#waiting;
    return next && this.#take(...next);
  }

  /** Takes out the oldest item of the namespace that has most. */
  dropOfMost(): Item | undefined {
    let most: readonly [string, Set<Item>] | undefined;
    for (const each of this.#waiting) {
      if (most === undefined || each[1].size > most[1].size) {
        most = each;
      }
    }
    return most && this.#takeFirst(...most);
  }

  #take(namespace: string, items: Set<Item>): Item | undefined {
    // Behind all others.
    this.#waiting.delete(namespace);
    this.#waiting.set(namespace, items);
    return this.#takeFirst(namespace, items);
  }

  #takeFirst(namespace: string, items: Set<Item>): Item | undefined {
    for (const item of items) {
      items.delete(item);
      this.#size -= 1;
      if (items.size === 0) {
        this.#waiting.delete(namespace);
      }
      return item;
    }
    return undefined;
  }
}

/** @param key `namespace/name` */
export function namespaceOfKey(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}
