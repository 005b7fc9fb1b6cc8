import { keptAnnotationsOf } from '../exchange/kept-annotations.ts';
import type { Pod } from './pod.ts';

/*
 * How much an agent keeps of what others write. Whoever may write objects in one namespace would else write as many and as
 * large ones as the memory of every agent of the cluster holds. What is beyond a limit is left out, and nothing else.
 */

/** The kinds that an agent watches, by the names that the API gives them. */
export type WatchedKind =
  | 'pods'
  | 'azureidentities'
  | 'azureidentitybindings'
  | 'azurepodidentityexceptions'
  | 'azureassignedidentities';

/** Sizes are characters of what an agent keeps of an object, as JSON. */
export interface ObjectLimits {
  readonly mostOfObject: number;
  /** Objects of one namespace. */
  readonly mostObjects: number;
  readonly mostOfNamespace: number;
  /** Of all namespaces together. Beyond it a namespace has an equal share. */
  readonly mostOfAll: number;
}

const kilo = 1_024;
const mega = 1_024 * kilo;
/**
 * An AzureIdentity that can be used is below 2 kB. AKS allows 200 pod identities in a cluster; upstream's load tests had some thousands.
 */
const ofTenants: ObjectLimits = {
  mostOfObject: 16 * kilo,
  mostObjects: 2_000,
  mostOfNamespace: mega,
  mostOfAll: 8 * mega,
};

export const objectLimits: Readonly<Record<WatchedKind, ObjectLimits>> = {
  azureidentities: ofTenants,
  azureidentitybindings: ofTenants,
  azurepodidentityexceptions: { ...ofTenants, mostOfAll: 4 * mega },
  /** Those of one node. A kubelet runs 250 pods at most on AKS. */
  pods: { mostOfObject: 16 * kilo, mostObjects: 500, mostOfNamespace: 2 * mega, mostOfAll: 8 * mega },
  /** MIC writes them, and may write all of a cluster into one namespace. */
  azureassignedidentities: {
    mostOfObject: 16 * kilo,
    mostObjects: 30_000,
    mostOfNamespace: 24 * mega,
    mostOfAll: 24 * mega,
  },
};

/**
 * What the controller of standard mode keeps, of all nodes. Upstream's releases may have every binding of a cluster in one
 * namespace, and a cluster has 150,000 pods at most, of which it keeps name, label and node.
 */
export const controllerLimits = {
  pods: { mostOfObject: 4 * kilo, mostObjects: 30_000, mostOfNamespace: 16 * mega, mostOfAll: 64 * mega },
  azureidentities: { ...ofTenants, mostObjects: 10_000, mostOfNamespace: 8 * mega, mostOfAll: 32 * mega },
  azureidentitybindings: {
    ...ofTenants,
    mostObjects: 10_000,
    mostOfNamespace: 8 * mega,
    mostOfAll: 32 * mega,
  },
} as const satisfies Partial<Record<WatchedKind, ObjectLimits>>;

export type LeftOutReason = 'object-too-large' | 'namespace-full' | 'cluster-full';

export const leftOutReasons: readonly LeftOutReason[] = [
  'object-too-large',
  'namespace-full',
  'cluster-full',
];

export interface ObjectName {
  readonly namespace: string;
  readonly name: string;
}

/**
 * The size of an object of the identity kinds as it counts: of labels and annotations only those that are kept.
 */
export function sizeOfObject({
  metadata: { namespace, name, annotations },
  spec,
}: {
  readonly metadata: ObjectName & { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: object;
}): number {
  return JSON.stringify({ namespace, name, ...keptAnnotationsOf({ annotations }), spec }).length;
}

/** The size of a pod as it counts: for the most part its labels. */
export function sizeOfPod({
  namespace,
  name,
  labels,
  ips,
  controller,
}: Pick<Pod, 'namespace' | 'name' | 'labels' | 'ips' | 'controller'>): number {
  return JSON.stringify({ namespace, name, labels, ips, controller }).length;
}

interface Namespace {
  readonly sizes: Map<string, number>;
  size: number;
  readonly leftOut: Map<string, LeftOutReason>;
}

/** Names are remembered up to this many of a namespace; of more it is known that there are more. */
const mostNamesLeftOut = 1_000;

/** Which objects are kept, one after another: what came first stays. */
export class ObjectLedger {
  readonly #limits: ObjectLimits;
  readonly #namespaces = new Map<string, Namespace>();
  #size = 0;

  constructor(limits: ObjectLimits) {
    this.#limits = limits;
  }

  /**
   * Undefined when the object is kept, else why it is not. A newer state of an object takes the place of the older.
   *
   * @param size of what is kept; infinite where the object was not even read to its end
   */
  admit({ namespace, name }: ObjectName, size: number): LeftOutReason | undefined {
    this.release({ namespace, name });
    const group = this.#namespaces.get(namespace) ?? newNamespace();
    this.#namespaces.set(namespace, group);
    const reason = this.#judge(group, size);
    if (reason === undefined) {
      group.sizes.set(name, size);
      group.size += size;
      this.#size += size;
    } else if (group.leftOut.size < mostNamesLeftOut) {
      group.leftOut.set(name, reason);
    }
    return reason;
  }

  release({ namespace, name }: ObjectName): void {
    const group = this.#namespaces.get(namespace);
    if (group === undefined) {
      return;
    }
    const size = group.sizes.get(name) ?? 0;
    group.sizes.delete(name);
    group.size -= size;
    this.#size -= size;
    group.leftOut.delete(name);
    if (group.sizes.size === 0 && group.leftOut.size === 0) {
      this.#namespaces.delete(namespace);
    }
  }

  /** Objects of the namespace that are left out, by name; of very many not all. */
  leftOutIn(namespace: string): ReadonlyMap<string, LeftOutReason> {
    return this.#namespaces.get(namespace)?.leftOut ?? none;
  }

  /** Something that was left out for want of room may have room now. */
  hasRoomIn(namespace: string): boolean {
    const group = this.#namespaces.get(namespace);
    const waits = [...(group?.leftOut.values() ?? [])].some((reason) => reason !== 'object-too-large');
    return group !== undefined && waits && this.#judge(group, 1) === undefined;
  }

  get namespacesLeftOut(): readonly string[] {
    return [...this.#namespaces].filter(([, { leftOut }]) => leftOut.size > 0).map(([name]) => name);
  }

  countLeftOut(): Record<LeftOutReason, number> {
    const counts = { 'object-too-large': 0, 'namespace-full': 0, 'cluster-full': 0 };
    for (const { leftOut } of this.#namespaces.values()) {
      for (const reason of leftOut.values()) {
        counts[reason] += 1;
      }
    }
    return counts;
  }

  #judge(group: Namespace, size: number): LeftOutReason | undefined {
    const { mostOfObject, mostObjects, mostOfNamespace, mostOfAll } = this.#limits;
    if (size > mostOfObject) {
      return 'object-too-large';
    }
    const wanted = group.size + size;
    if (group.sizes.size >= mostObjects || wanted > mostOfNamespace) {
      return 'namespace-full';
    }
    const isWithinShare = wanted <= mostOfAll / Math.max(1, this.#namespaces.size);
    return this.#size + size > mostOfAll && !isWithinShare ? 'cluster-full' : undefined;
  }
}

const none: ReadonlyMap<string, LeftOutReason> = new Map();

function newNamespace(): Namespace {
  return { sizes: new Map(), size: 0, leftOut: new Map() };
}
