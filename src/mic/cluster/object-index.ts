import { isDeepStrictEqual } from 'node:util';
import { keptAnnotationsOf } from '../../domain/exchange/kept-annotations.ts';
import type {
  AzureIdentity,
  AzureIdentityBinding,
  ObjectMeta,
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

/** Identities, also by what they name in Azure. */
export class IdentityIndex extends ObjectIndex<AzureIdentity> {
  readonly #byResource: Filed<AzureIdentity> = new Map();

  /** @param resource id of the resource, in lower case */
  ofResource(resource: string): readonly AzureIdentity[] {
    return [...(this.#byResource.get(resource)?.values() ?? [])];
  }

  protected override changed(item: AzureIdentity, before: AzureIdentity | undefined): void {
    const key = keyOf(item);
    if (before !== undefined) {
      unfile(this.#byResource, resourceOf(before), key);
    }
    if (this.items.get(key) === item) {
      file(this.#byResource, resourceOf(item), item);
    }
    super.changed(item, before);
  }
}

function resourceOf({ spec }: AzureIdentity): string {
  return spec.resourceID?.toLowerCase() ?? '';
}

/**
 * Bindings by their selectors, in upstream's order: by namespace, then name. A change costs what the binding itself
 * costs, and no walk over those of everybody; what has one selector is sorted when it is asked for.
 */
export class BindingIndex extends ObjectIndex<AzureIdentityBinding> {
  readonly #bySelector: Filed<AzureIdentityBinding> = new Map();
  readonly #sorted = new Map<string, readonly AzureIdentityBinding[]>();
  /** By `namespace/name` of the identity, and of the binding. */
  readonly #byIdentity: Filed<AzureIdentityBinding> = new Map();

  constructor(onChange: (selector: string) => void) {
    super(({ spec }) => onChange(spec.selector ?? ''));
  }

  /** An empty selector matches nothing. */
  with(selector: string): readonly AzureIdentityBinding[] {
    const fitting = selector === '' ? undefined : this.#bySelector.get(selector);
    if (fitting === undefined) {
      return [];
    }
    const sorted = this.#sorted.get(selector) ?? [...fitting.values()].sort(byName);
    this.#sorted.set(selector, sorted);
    return sorted;
  }

  /** The labels of pods to which the identity may go. @param key `namespace/name` of the identity */
  selectorsOf(key: string): Set<string> {
    const bindings = [...(this.#byIdentity.get(key)?.values() ?? [])];
    return new Set(bindings.flatMap(({ spec }) => spec.selector || []));
  }

  protected override changed(item: AzureIdentityBinding, before: AzureIdentityBinding | undefined): void {
    const key = keyOf(item);
    if (before !== undefined) {
      unfile(this.#bySelector, before.spec.selector ?? '', key);
      unfile(this.#byIdentity, identityOf(before), key);
      this.#sorted.delete(before.spec.selector ?? '');
    }
    if (this.items.get(key) === item) {
      file(this.#bySelector, item.spec.selector ?? '', item);
      file(this.#byIdentity, identityOf(item), item);
      this.#sorted.delete(item.spec.selector ?? '');
    }
    super.changed(item, before);
  }
}

function identityOf({ metadata, spec }: AzureIdentityBinding): string {
  return `${metadata.namespace}/${spec.azureIdentity ?? ''}`;
}

type Filed<Item> = Map<string, Map<string, Item>>;

function file<Item extends Named>(groups: Filed<Item>, group: string, item: Item): void {
  groups.set(group, (groups.get(group) ?? new Map<string, Item>()).set(keyOf(item), item));
}

function unfile(groups: Filed<unknown>, group: string, key: string): void {
  const members = groups.get(group);
  members?.delete(key);
  if (members?.size === 0) {
    groups.delete(group);
  }
}

function byName({ metadata: one }: Named, { metadata: other }: Named): number {
  return compare(one.namespace, other.namespace) || compare(one.name, other.name);
}

function compare(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

function hasSameContent(one: Named, other: Named): boolean {
  return (
    one.metadata.uid === other.metadata.uid &&
    isDeepStrictEqual(keptAnnotationsOf(one.metadata), keptAnnotationsOf(other.metadata)) &&
    isDeepStrictEqual(one.spec, other.spec)
  );
}

function keyOf({ metadata }: Named): string {
  return `${metadata.namespace}/${metadata.name}`;
}
