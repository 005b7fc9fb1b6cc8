import type { ObjectMeta } from '../../domain/kubernetes/identity-resources.ts';
import type { ChangeNotice } from './change-notice.ts';

interface Named {
  readonly metadata: ObjectMeta;
}

/** Objects by namespace and name; a place for a watch to write to. */
export interface NamespacedIndex<Item extends Named> {
  /** All of one namespace, by name. */
  in(namespace: string): ReadonlyMap<string, Item>;
  replace(items: readonly Item[]): void;
  upsert(item: Item): void;
  remove(item: Item): void;
}

/** @param groupOf the namespace to file an object under; its own unless said otherwise */
export function createNamespacedIndex<Item extends Named>(
  changed: ChangeNotice,
  groupOf: (item: Item) => string = (item) => item.metadata.namespace,
): NamespacedIndex<Item> {
  const groups = new Map<string, Map<string, Item>>();
  /** Under which group each object was filed: an update may move it. */
  const groupByKey = new Map<string, string>();

  const drop = (item: Item) => {
    const key = keyOf(item);
    const group = groupByKey.get(key);
    if (group === undefined) {
      return;
    }
    groupByKey.delete(key);
    const members = groups.get(group);
    members?.delete(key);
    if (members?.size === 0) {
      groups.delete(group);
    }
  };
  const put = (item: Item) => {
    drop(item);
    const group = groupOf(item);
    const members = groups.get(group) ?? new Map<string, Item>();
    members.set(keyOf(item), item);
    groups.set(group, members);
    groupByKey.set(keyOf(item), group);
  };
  return {
    in: (namespace) => groups.get(namespace) ?? new Map(),
    replace(items) {
      groups.clear();
      groupByKey.clear();
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

function keyOf({ metadata }: Named): string {
  return `${metadata.namespace}/${metadata.name}`;
}
