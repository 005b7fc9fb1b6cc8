import { isDeepStrictEqual } from 'node:util';
import {
  type AzureIdentityBinding,
  behaviorAnnotation,
  type ObjectMeta,
} from '../../domain/kubernetes/identity-resources.ts';

interface Named {
  readonly metadata: ObjectMeta;
  readonly spec: object;
}

/** Objects by `namespace/name`. Hears of what changes in content; a label that GitOps adds is none of that. */
export class ObjectIndex<Item extends Named> {
  protected readonly items = new Map<string, Item>();
  readonly #onChange: (item: Item) => void;

  constructor(onChange: (item: Item) => void) {
    this.#onChange = onChange;
  }

  get(key: string): Item | undefined {
    return this.items.get(key);
  }

  get size(): number {
    return this.items.size;
  }

  values(): IterableIterator<Item> {
    return this.items.values();
  }

  replace(items: readonly Item[]): void {
    const gone = new Map(this.items);
    for (const item of items) {
      gone.delete(keyOf(item));
      this.upsert(item);
    }
    for (const item of gone.values()) {
      this.remove(item);
    }
  }

  /** The object that is kept is the same for as long as its content is: who compares by it sees no change. */
  upsert(item: Item): void {
    const before = this.items.get(keyOf(item));
    if (before !== undefined && hasSameContent(before, item)) {
      return;
    }
    this.items.set(keyOf(item), item);
    this.changed(item, before);
  }

  remove(item: Item): void {
    const before = this.items.get(keyOf(item));
    this.items.delete(keyOf(item));
    this.changed(item, before);
  }

  protected changed(item: Item, before: Item | undefined): void {
    if (before !== undefined && before !== item) {
      this.#onChange(before);
    }
    this.#onChange(item);
  }
}

/** Bindings by their selectors, in upstream's order: by namespace, then name. */
export class BindingIndex extends ObjectIndex<AzureIdentityBinding> {
  readonly #bySelector = new Map<string, readonly AzureIdentityBinding[]>();

  constructor(onChange: (selector: string) => void) {
    super(({ spec }) => onChange(spec.selector ?? ''));
  }

  /** An empty selector matches nothing. */
  with(selector: string): readonly AzureIdentityBinding[] {
    return selector === '' ? [] : (this.#bySelector.get(selector) ?? []);
  }

  /** The labels of pods to which the identity may go. @param key `namespace/name` of the identity */
  selectorsOf(key: string): Set<string> {
    const found = new Set<string>();
    for (const { metadata, spec } of this.items.values()) {
      if (`${metadata.namespace}/${spec.azureIdentity ?? ''}` === key && spec.selector) {
        found.add(spec.selector);
      }
    }
    return found;
  }

  protected override changed(item: AzureIdentityBinding, before: AzureIdentityBinding | undefined): void {
    for (const selector of new Set([item.spec.selector ?? '', before?.spec.selector ?? ''])) {
      const fitting = [...this.items.values()].filter(({ spec }) => spec.selector === selector);
      this.#bySelector.set(selector, fitting.toSorted(byName));
      if (fitting.length === 0) {
        this.#bySelector.delete(selector);
      }
    }
    super.changed(item, before);
  }
}

function byName({ metadata: one }: Named, { metadata: other }: Named): number {
  return compare(one.namespace, other.namespace) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function hasSameContent(one: Named, other: Named): boolean {
  const behavior = ({ metadata }: Named) => metadata.annotations?.[behaviorAnnotation];
  return (
    one.metadata.uid === other.metadata.uid &&
    behavior(one) === behavior(other) &&
    isDeepStrictEqual(one.spec, other.spec)
  );
}

function keyOf({ metadata }: Named): string {
  return `${metadata.namespace}/${metadata.name}`;
}
