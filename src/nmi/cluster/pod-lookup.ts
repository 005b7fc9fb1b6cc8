import type { Clock } from '../../domain/time/clock.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import type { UnknownPeers } from '../../runtime/connection-shares.ts';
import { type ErrorAnswer, tryLater } from '../http/error-answer.ts';
import type { ChangeNotice } from './change-notice.ts';
import { isLive, isLoopback, type KnownPod, normalAddress, type PodIndex } from './pod-index.ts';

/**
 * Who is calling, by the address of the socket's other end alone. No header is believed. That the
 * address is the pod's own is what the redirect rules, the node's network and, where there is one, the CNI's
 * record of addresses vouch for.
 */
export interface PodLookup {
  /** The pod, when there is no doubt about it; never waits. */
  peek(address: string): KnownPod | undefined;
  /** Waits for the watch, then asks the API server once for all who wait. */
  find(address: string, signal: AbortSignal): Promise<KnownPod | ErrorAnswer>;
  /** The same by name, for callers on the node that speak for a pod. */
  findByName(namespace: string, name: string, signal: AbortSignal): Promise<KnownPod | ErrorAnswer>;
}

export interface PodLookupOptions {
  readonly pods: PodIndex;
  readonly changed: ChangeNotice;
  /** Lists this node's pods anew; rejects when the API server does not answer. */
  relist(): Promise<void>;
  /** UID of the pod that the CNI gave the address to; undefined when there is no record. */
  ownerOf(address: string): string | undefined;
  readonly clock: Clock;
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

const watchTimeoutMs = 2_000;
const relistTimeoutMs = 3_000;
/** A list costs the API server something, and any pod's neighbour without a record could ask for one. */
const relistPauseMs = 5_000;
const unknownMemoryMs = 5_000;
const mostRemembered = 2_000;

export function createPodLookup(options: PodLookupOptions): PodLookup {
  return new Lookup(options);
}

interface Sought {
  readonly key: string;
  look(): KnownPod | undefined;
  errorAnswer(): ErrorAnswer;
}

class Lookup implements PodLookup {
  readonly #options: PodLookupOptions;
  #relistedAt = Number.NEGATIVE_INFINITY;
  #relisting: Promise<void> | undefined;
  /** Until when an address is known to be unknown, by the monotonic clock. */
  readonly #unknownUntil = new Map<string, number>();

  constructor(options: PodLookupOptions) {
    this.#options = options;
  }

  peek(address: string): KnownPod | undefined {
    const pods = this.#options.pods.byAddress(address);
    const [pod] = pods;
    if (pod === undefined || pods.length > 1) {
      return undefined;
    }
    const owner = this.#options.ownerOf(address);
    return owner === undefined || owner === pod.uid ? pod : undefined;
  }

  find(address: string, signal: AbortSignal): Promise<KnownPod | ErrorAnswer> {
    const look = () => this.peek(address);
    return this.#search({ key: address, look, errorAnswer: () => this.#addressErrorAnswer(address) }, signal);
  }

  findByName(namespace: string, name: string, signal: AbortSignal): Promise<KnownPod | ErrorAnswer> {
    const look = () => {
      const pod = this.#options.pods.byName(namespace, name);
      return pod !== undefined && isLive(pod) ? pod : undefined;
    };
    const errorAnswer = () =>
      tryLater('unknown-pod', 'No live pod of this node has this name and namespace.', 5);
    return this.#search({ key: `${namespace}/${name}`, look, errorAnswer }, signal);
  }

  async #search(sought: Sought, signal: AbortSignal): Promise<KnownPod | ErrorAnswer> {
    const known = sought.look();
    if (known !== undefined) {
      return known;
    }
    if (this.#isKnownToBeUnknown(sought.key)) {
      return sought.errorAnswer();
    }
    const found = (await this.#waitForWatch(sought, signal)) ?? (await this.#askServer(sought, signal));
    if (found === undefined) {
      this.#remember(sought.key);
    }
    return found ?? sought.errorAnswer();
  }

  #waitForWatch({ look }: Sought, signal: AbortSignal): Promise<KnownPod | undefined> {
    const { clock, changed } = this.#options;
    return withinTime({ clock, ms: watchTimeoutMs }, signal, async (inTime) => {
      for (;;) {
        await changed.next(inTime);
        const pod = look();
        if (pod !== undefined) {
          return pod;
        }
      }
    });
  }

  async #askServer({ look }: Sought, signal: AbortSignal): Promise<KnownPod | undefined> {
    const { clock } = this.#options;
    if (this.#relisting === undefined && clock.monotonic() - this.#relistedAt >= relistPauseMs) {
      this.#relistedAt = clock.monotonic();
      this.#relisting = this.#options
        .relist()
        .catch(() => undefined)
        .finally(() => {
          this.#relisting = undefined;
        });
    }
    const relisting = this.#relisting;
    if (relisting !== undefined) {
      await withinTime({ clock, ms: relistTimeoutMs }, signal, () => relisting);
    }
    return look();
  }

  #isKnownToBeUnknown(key: string): boolean {
    return (this.#unknownUntil.get(key) ?? Number.NEGATIVE_INFINITY) > this.#options.clock.monotonic();
  }

  #remember(key: string): void {
    if (this.#unknownUntil.size >= mostRemembered) {
      this.#unknownUntil.clear();
    }
    this.#unknownUntil.set(key, this.#options.clock.monotonic() + unknownMemoryMs);
  }

  #addressErrorAnswer(address: string): ErrorAnswer {
    const claims = this.#options.pods.byAddress(address).length;
    if (claims > 1) {
      return tryLater(
        'address-shared',
        'Several pods claim this address; the older ones are still ending.',
        5,
      );
    }
    return claims === 1
      ? tryLater('address-moved', 'This address was given to another pod than the API server says.', 5)
      : tryLater('unknown-pod', 'No pod of this node is known by this address yet.', 5);
  }
}
