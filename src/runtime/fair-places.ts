/** Who has a place in something that is bounded: a namespace, and a pod in it. */
export interface Holder {
  /** Empty for whoever is in none. */
  readonly namespace: string;
  /** Unique on the node. */
  readonly pod: string;
}

/** A place that is taken, with everybody who loses by its loss. */
export interface TakenPlace<Item> {
  readonly item: Item;
  /** At least one. */
  readonly holders: readonly Holder[];
}

/**
 * The rule of everything that is bounded and shared by pods: where no place is left, whoever has most loses the last
 * that came; first the namespaces are compared, then the pods of the largest. So nobody is refused while somebody else
 * has more than he would have, whatever came first.
 * @param taken in the order in which they came; a place that several share counts for each of them, and is lost only
 * where each of them has more than the newcomer would have
 * @returns what the newcomer gets the place of; undefined when the newcomer is the one to be refused
 */
export function placeToYield<Item>(taken: Iterable<TakenPlace<Item>>, newcomer: Holder): Item | undefined {
  const places = [...taken];
  const counts = countPlaces(places);
  const would = counts.of(newcomer);
  const hasMore = (holder: Holder) =>
    holder.namespace === newcomer.namespace
      ? counts.of(holder).pod > would.pod + 1
      : counts.of(holder).namespace > would.namespace + 1;
  let most: { readonly item: Item; readonly weight: Weight } | undefined;
  for (const { item, holders } of places) {
    if (holders.every(hasMore)) {
      const weight = lightest(holders.map(counts.of));
      if (most === undefined || !isLighter(weight, most.weight)) {
        most = { item, weight };
      }
    }
  }
  return most?.item;
}

/** Places of a pod's namespace, and of the pod itself. */
interface Weight {
  readonly namespace: number;
  readonly pod: number;
}

function countPlaces(taken: readonly TakenPlace<unknown>[]): { of(holder: Holder): Weight } {
  const namespaces = new Map<string, number>();
  const pods = new Map<string, number>();
  for (const { holders } of taken) {
    for (const namespace of new Set(holders.map((holder) => holder.namespace))) {
      namespaces.set(namespace, (namespaces.get(namespace) ?? 0) + 1);
    }
    for (const pod of new Set(holders.map((holder) => holder.pod))) {
      pods.set(pod, (pods.get(pod) ?? 0) + 1);
    }
  }
  return {
    of: ({ namespace, pod }) => ({ namespace: namespaces.get(namespace) ?? 0, pod: pods.get(pod) ?? 0 }),
  };
}

function lightest(weights: readonly Weight[]): Weight {
  return weights.reduce((least, weight) => (isLighter(weight, least) ? weight : least));
}

function isLighter(one: Weight, other: Weight): boolean {
  return one.namespace === other.namespace ? one.pod < other.pod : one.namespace < other.namespace;
}

/** The same rule where each place has one holder, counted as places come and go. */
export interface PlaceCounts {
  /** @param places that the holder has more, or, below zero, less */
  add(holder: Holder, places: number): void;
  of(holder: Holder): number;
  /** Who loses a place to the newcomer; undefined when the newcomer is the one to be refused. */
  toYield(newcomer: Holder): Holder | undefined;
  /** Whoever has most, however little that is: for where a newcomer is never refused. Undefined when nobody has any. */
  readonly most: Holder | undefined;
}

export function createPlaceCounts(): PlaceCounts {
  const namespaces = new Map<string, NamespacePlaces>();
  const largestPod = (namespace: string, least: number): Holder | undefined => {
    const pod = largest(namespaces.get(namespace)?.pods ?? [], least);
    return pod === undefined ? undefined : { namespace, pod };
  };
  /** Of several that have most, the one whose largest pod has most. */
  const largestNamespace = (least: number): string | undefined => {
    let name: string | undefined;
    let most: Weight = { namespace: least - 1, pod: Number.POSITIVE_INFINITY };
    for (const [each, { places, pods }] of namespaces) {
      if (places >= most.namespace) {
        const weight = { namespace: places, pod: Math.max(...pods.values()) };
        if (isLighter(most, weight)) {
          most = weight;
          name = each;
        }
      }
    }
    return name;
  };
  return {
    add({ namespace, pod }, places) {
      const own = namespaces.get(namespace) ?? { places: 0, pods: new Map<string, number>() };
      namespaces.set(namespace, own);
      own.places += places;
      own.pods.set(pod, (own.pods.get(pod) ?? 0) + places);
      if (own.pods.get(pod) === 0) {
        own.pods.delete(pod);
      }
      if (own.pods.size === 0) {
        namespaces.delete(namespace);
      }
    },
    of: ({ namespace, pod }) => namespaces.get(namespace)?.pods.get(pod) ?? 0,
    toYield({ namespace, pod }) {
      const own = namespaces.get(namespace);
      const other = largestNamespace((own?.places ?? 0) + 2);
      return other === undefined || other === namespace
        ? largestPod(namespace, (own?.pods.get(pod) ?? 0) + 2)
        : largestPod(other, 1);
    },
    get most() {
      const namespace = largestNamespace(1);
      return namespace === undefined ? undefined : largestPod(namespace, 1);
    },
  };
}

interface NamespacePlaces {
  places: number;
  readonly pods: Map<string, number>;
}

/** The first name of those that have most, at least `least`. */
function largest(entries: Iterable<readonly [string, number]>, least: number): string | undefined {
  let name: string | undefined;
  let most = least - 1;
  for (const [each, places] of entries) {
    if (places > most) {
      most = places;
      name = each;
    }
  }
  return name;
}

/** Whose turn it is: the namespace whose last turn is longest ago, and of that the pod whose is. */
export interface FairTurns {
  /** The holder has its turn now. */
  take(holder: Holder): void;
  isBefore(one: Holder, other: Holder): boolean;
  /** To be called when nobody waits. Kept until then, so that whoever is new goes first only once. */
  forget(): void;
}

export function createFairTurns(): FairTurns {
  const namespaces = new Map<string, number>();
  const pods = new Map<string, number>();
  let turn = 0;
  return {
    take({ namespace, pod }) {
      turn += 1;
      namespaces.set(namespace, turn);
      pods.set(pod, turn);
    },
    isBefore(one, other) {
      const first = namespaces.get(one.namespace) ?? 0;
      const second = namespaces.get(other.namespace) ?? 0;
      return first === second ? (pods.get(one.pod) ?? 0) < (pods.get(other.pod) ?? 0) : first < second;
    },
    forget() {
      namespaces.clear();
      pods.clear();
    },
  };
}

/** Addresses nobody vouches for: whoever can give itself a thousand of them has one share with them all. */
export interface UnknownPeers {
  readonly connections: number;
  /** @param address as the socket has it */
  isUnknownPeer(address: string): boolean;
}

/** In which namespace the pod at the other end is; empty for whoever is in none. Without: all are in one. */
export type NamespaceOfPeer = (address: string) => string;

/** All addresses of which nobody vouches, as one holder; no namespace has this name. */
export const strangers: Holder = { namespace: 'no pods', pod: 'no pods' };

/** Whose an address is. */
export interface Peers {
  isUnknown(address: string): boolean;
  /** Of an address that is known. */
  known(address: string): Holder;
  holderOf(address: string): Holder;
}

export function createPeers(unknownPeers?: UnknownPeers, namespaceOf?: NamespaceOfPeer): Peers {
  const isUnknown = (address: string) => unknownPeers?.isUnknownPeer(address) ?? false;
  const known = (address: string) => ({ namespace: namespaceOf?.(address) ?? '', pod: address });
  return {
    isUnknown,
    known,
    holderOf: (address) => (isUnknown(address) ? strangers : known(address)),
  };
}
