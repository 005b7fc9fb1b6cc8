import type { Clock } from '../../domain/time/clock.ts';
import type { UnknownPeers } from '../../runtime/fair-places.ts';
import { type ErrorAnswer, tryLater } from '../http/error-answer.ts';
import type { AddressEvidence } from '../rules/rules-watch.ts';
import { isLive, isLoopback, type KnownPod, normalAddress, type PodIndex } from './pod-index.ts';

/**
 * Who is calling, by the address of the socket's other end alone. No header is believed. That the
 * address is the pod's own is what the redirect rules, the node's network and, where there is one, the CNI's
 * record of addresses vouch for.
 */
export interface PodLookup {
  /** The pod, when there is no doubt about it. */
  peek(address: string): KnownPod | undefined;
  /** The same, or why there is doubt. Where the watch does not bring the pod soon, the API server is asked. */
  find(address: string): KnownPod | ErrorAnswer;
  /** The same by name, for callers on the node that speak for a pod. */
  findByName(namespace: string, name: string): KnownPod | ErrorAnswer;
}

export interface PodLookupOptions {
  readonly pods: PodIndex;
  /** Lists this node's pods anew; rejects when the API server does not answer. */
  relist(): Promise<void>;
  /** What the CNI's records say of an address. */
  evidenceOf(address: string): AddressEvidence;
  readonly clock: Clock;
  /** Aborted when nobody is looked up any more. */
  readonly ending: AbortSignal;
}

/**
 * Connections of all addresses together that belong to no pod. A pod is among them only until the watch has
 * reported it.
 */
const mostOfUnknownPeers = 512;

/** The node's own processes are none: the Key Vault driver comes from 127.0.0.1. */
export function unknownPeersOf(
  view: { readonly synced: boolean; readonly pods: Pick<PodIndex, 'byAddress'> },
  {
    maxConnections,
    allowLoopbackPods,
  }: { readonly maxConnections: number; readonly allowLoopbackPods: boolean },
): UnknownPeers {
  return {
    connections: Math.min(mostOfUnknownPeers, Math.ceil(maxConnections / 2)),
    isUnknownPeer(peer) {
      const address = normalAddress(peer);
      const isTheNode = isLoopback(address) && !allowLoopbackPods;
      return view.synced && !isTheNode && view.pods.byAddress(address).length === 0;
    },
  };
}

/** What the watch brings within this time costs the API server no list. */
const watchGraceMs = 2_000;
/** A list costs the API server something, and any pod's neighbour without a record could ask for one. */
const relistPauseMs = 5_000;
/** What a list did not bring, the next one does not either: the watch does. */
const vainPauseMs = 60_000;
const mostSought = 2_000;

export function createPodLookup(options: PodLookupOptions): PodLookup {
  return new Lookup(options);
}

class Lookup implements PodLookup {
  readonly #options: PodLookupOptions;
  #relistedAt = Number.NEGATIVE_INFINITY;
  #isRelistDue = false;
  /** What is looked for, and how to look again. */
  readonly #sought = new Map<string, () => KnownPod | undefined>();
  /** What a list did not bring, and until when it is worth no other, by the monotonic clock. */
  readonly #inVain = new Map<string, number>();

  constructor(options: PodLookupOptions) {
    this.#options = options;
  }

  peek(address: string): KnownPod | undefined {
    const pods = this.#options.pods.byAddress(address);
    if (pods.length === 0) {
      return undefined;
    }
    const evidence = this.#options.evidenceOf(address);
    switch (evidence.kind) {
      case 'recorded':
        return pods.find(({ uid }) => uid === evidence.uid);
      case 'none-kept':
        return pods.length === 1 ? pods[0] : undefined;
      case 'unrecorded':
      case 'not-yet':
        return undefined;
    }
  }

  find(address: string): KnownPod | ErrorAnswer {
    const look = () => this.peek(address);
    return look() ?? this.#seek(address, look, this.#addressErrorAnswer(address));
  }

  findByName(namespace: string, name: string): KnownPod | ErrorAnswer {
    const look = () => {
      const pod = this.#options.pods.byName(namespace, name);
      return pod !== undefined && isLive(pod) ? pod : undefined;
    };
    const errorAnswer = tryLater('unknown-pod', 'No live pod of this node has this name and namespace.', 2);
    return look() ?? this.#seek(`${namespace}/${name}`, look, errorAnswer);
  }

  #seek(key: string, look: () => KnownPod | undefined, errorAnswer: ErrorAnswer): ErrorAnswer {
    if ((this.#inVain.get(key) ?? 0) > this.#options.clock.monotonic()) {
      return errorAnswer;
    }
    if (this.#sought.size < mostSought) {
      this.#sought.set(key, look);
    }
    if (!this.#isRelistDue) {
      this.#isRelistDue = true;
      void this.#relistSoon().finally(() => {
        this.#isRelistDue = false;
      });
    }
    return errorAnswer;
  }

  /** One list for all that are looked for; none where the watch has brought every one of them meanwhile. */
  async #relistSoon(): Promise<void> {
    const { clock, ending } = this.#options;
    const pauseMs = Math.max(watchGraceMs, this.#relistedAt + relistPauseMs - clock.monotonic());
    try {
      await clock.sleep(pauseMs, ending);
      const missing = [...this.#sought].filter(([, look]) => look() === undefined);
      this.#sought.clear();
      if (missing.length > 0) {
        this.#relistedAt = clock.monotonic();
        await this.#options.relist();
        this.#remember(missing.flatMap(([key, look]) => (look() === undefined ? [key] : [])));
      }
    } catch {
      // The API server is away, or this process ends; whoever still asks is looked for again.
    }
  }

  #remember(keys: readonly string[]): void {
    if (this.#inVain.size + keys.length > mostSought) {
      this.#inVain.clear();
    }
    for (const key of keys) {
      this.#inVain.set(key, this.#options.clock.monotonic() + vainPauseMs);
    }
  }

  #addressErrorAnswer(address: string): ErrorAnswer {
    if (this.#options.pods.byAddress(address).length === 0) {
      return tryLater('unknown-pod', 'No pod of this node is known by this address yet.', 2);
    }
    switch (this.#options.evidenceOf(address).kind) {
      case 'recorded':
        return tryLater(
          'address-moved',
          'This address was given to another pod than the API server says.',
          2,
        );
      case 'unrecorded':
        return tryLater('address-moved', 'The CNI has no record of a pod with this address.', 2);
      case 'not-yet':
        return tryLater('not-ready', 'Which pod has this address is not known at the moment.', 2);
      case 'none-kept':
        return tryLater(
          'address-shared',
          'Several pods claim this address; the older ones are still ending.',
          2,
        );
    }
  }
}
