import type { ObjectMeta } from '../../domain/kubernetes/identity-resources.ts';
import type { ChangeNotice } from '../../domain/time/change-notice.ts';

interface Named {
  readonly metadata: ObjectMeta;
}

/** Objects by namespace and name, and by what they are looked up by; a place for a watch to write to. */
export interface NamespacedIndex<Item extends Named> {
  all(): Iterable<Item>;
  /** All of one namespace, by name. */
  in(namespace: string): ReadonlyMap<string, Item>;
  /** Those of one namespace that have this key. Costs nothing for those that have not. */
  with(namespace: string, key: string): ReadonlyMap<string, Item>;
  replace(items: readonly Item[]): void;
  upsert(item: Item): void;
  remove(item: Item): void;
}

export interface IndexedBy<Item> {
  /** The namespace to file an object under; its own unless said otherwise. */
  readonly groupOf?: (item: Item) => string;
  /** What an object is looked up by, beside its name. */
  readonly keysOf?: (item: Item) => Iterable<string>;
}

export function createNamespacedIndex<Item extends Named>(
  changed: ChangeNotice,
  { groupOf = (item) => item.metadata.namespace, keysOf = () => [] }: IndexedBy<Item> = {},
): NamespacedIndex<Item> {
  const groups = createGroups<Item>();
  const keyed = createGroups<Item>();
  /** As each object was filed: an update may move it. */
  const filed = new Map<string, Item>();

  const drop = (item: Item) => {
    const name = nameOf(item);
    const before = filed.get(name);
    if (before !== undefined) {
      filed.delete(name);
      groups.drop(groupOf(before), name);
      for (const key of keysOf(before)) {
        keyed.drop(keyIn(groupOf(before), key), name);
      }
    }
  };
  const put = (item: Item) => {
    drop(item);
    const name = nameOf(item);
    filed.set(name, item);
    groups.put(groupOf(item), name, item);
    for (const key of keysOf(item)) {
      keyed.put(keyIn(groupOf(item), key), name, item);
    }
  };
  return {
    all: () => filed.values(),
    in: (namespace) => groups.of(namespace),
    with: (namespace, key) => keyed.of(keyIn(namespace, key)),
    replace(items) {
      groups.clear();
      keyed.clear();
      filed.clear();
      for (const item of items) {
        put(item);
      }
      changed.announce();
    },
    upsert(item) {
      put(item);
      changed.announce();
    },
    remove(item) {
      drop(item);
      changed.announce();
    },
  };
}

function createGroups<Item>() {
  const groups = new Map<string, Map<string, Item>>();
  const nobody: ReadonlyMap<string, Item> = new Map();
  return {
    of: (group: string): ReadonlyMap<string, Item> => groups.get(group) ?? nobody,
    put(group: string, name: string, item: Item) {
      const members = groups.get(group) ?? new Map<string, Item>();
      members.set(name, item);
      groups.set(group, members);
    },
    drop(group: string, name: string) {
      const members = groups.get(group);
      members?.delete(name);
      if (members?.size === 0) {
        groups.delete(group);
      }
    },
    clear: () => groups.clear(),
  };
}

function nameOf({ metadata }: Named): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** No namespace has a line break. */
function keyIn(namespace: string, key: string): string {
  return `${namespace}\n${key}`;
}
