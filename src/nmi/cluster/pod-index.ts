import { isIPv4 } from 'node:net';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { ChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';

/** A pod and since when this agent knows of it. */
export interface KnownPod extends Pod {
  readonly kind: 'pod';
  /**
   * Monotonic milliseconds at which the kubelet took the pod, or, before it has, at which it was created; never in
   * the future.
   */
  readonly bornAt: number;
}

export interface PodIndex {
  /**
   * Every live pod that claims the address: none, one, or, where the API lags behind the kubelet, several.
   */
  byAddress(address: string): readonly KnownPod[];
  byName(namespace: string, name: string): KnownPod | undefined;
  byUid(uid: string): KnownPod | undefined;
  readonly size: number;
  replace(pods: readonly Pod[]): void;
  upsert(pod: Pod): void;
  remove(pod: Pod): void;
}

export interface PodIndexOptions {
  readonly clock: Pick<Clock, 'now' | 'monotonic'>;
  readonly changed: ChangeNotice;
  /** Called for each pod that is gone, so that what is held for it can go too. */
  onGone(uid: string): void;
  /** Called for each address that a pod had and has no more: it ended, or is gone. */
  onAddressLost(address: string, uid: string): void;
  /**
   * Only a demonstration has pods in 127.0.0.0/8; elsewhere such an address would let a pod speak for the
   * node.
   */
  readonly allowLoopback: boolean;
}

/**
 * The pods of this node by address and by name. Pods on the node's own network have no address of their own,
 * and those that ended have given theirs back; neither is found by address.
 */
export function createPodIndex(options: PodIndexOptions): PodIndex {
  const byUid = new Map<string, KnownPod>();
  const byName = new Map<string, KnownPod>();
  const byAddress = new Map<string, KnownPod[]>();

  const drop = (uid: string) => {
    const pod = byUid.get(uid);
    if (pod === undefined) {
      return;
    }
    byUid.delete(uid);
    if (byName.get(nameKey(pod))?.uid === uid) {
      byName.delete(nameKey(pod));
    }
    for (const address of liveAddresses(pod, options.allowLoopback)) {
      const others = (byAddress.get(address) ?? []).filter((other) => other.uid !== uid);
      others.length > 0 ? byAddress.set(address, others) : byAddress.delete(address);
    }
  };
  const gone = (uid: string) => {
    const pod = byUid.get(uid);
    drop(uid);
    options.onGone(uid);
    for (const address of pod === undefined ? [] : liveAddresses(pod, options.allowLoopback)) {
      options.onAddressLost(address, uid);
    }
  };
  const put = (pod: Pod) => {
    const before = byUid.get(pod.uid);
    const bornAt = before?.createdMs === pod.createdMs ? before.bornAt : birth(pod, options);
    drop(pod.uid);
    const known: KnownPod = { ...pod, kind: 'pod', bornAt };
    byUid.set(pod.uid, known);
    byName.set(nameKey(pod), known);
    const now = liveAddresses(pod, options.allowLoopback);
    for (const address of now) {
      byAddress.set(address, [...(byAddress.get(address) ?? []), known]);
    }
    for (const address of before === undefined ? [] : liveAddresses(before, options.allowLoopback)) {
      if (!now.includes(address)) {
        options.onAddressLost(address, pod.uid);
      }
    }
  };
  return {
    byAddress: (address) => byAddress.get(address) ?? nobody,
    byName: (namespace, name) => byName.get(`${namespace}/${name}`),
    byUid: (uid) => byUid.get(uid),
    get size() {
      return byUid.size;
    },
    replace(pods) {
      const kept = new Set(pods.map(({ uid }) => uid));
      for (const uid of [...byUid.keys()]) {
        if (!kept.has(uid)) {
          gone(uid);
        }
      }
      for (const pod of pods) {
        put(pod);
      }
      options.changed.announce();
    },
    upsert(pod) {
      put(pod);
      options.changed.announce();
    },
    remove(pod) {
      gone(pod.uid);
      options.changed.announce();
    },
  };
}

const nobody: readonly KnownPod[] = [];

function nameKey(pod: Pod): string {
  return `${pod.namespace}/${pod.name}`;
}

/**
 * The API server's clock may be ahead of ours or behind; a pod listed for the first time is at least not from
 * the future.
 */
function birth({ createdMs }: Pod, { clock }: PodIndexOptions): number {
  return clock.monotonic() - Math.max(0, clock.now() - createdMs);
}

function liveAddresses(pod: Pod, allowLoopback: boolean): string[] {
  return pod.hostNetwork || !isLive(pod)
    ? []
    : [...new Set(pod.ips.map(normalAddress))].filter((address) => allowLoopback || !isLoopback(address));
}

/** A pod that has ended has given its address and its identities back. */
export function isLive({ phase }: Pod): boolean {
  return phase === 'Pending' || phase === 'Running';
}

/**
 * One spelling per address: an IPv4 address mapped into IPv6, as sockets on both families report it, is the
 * IPv4 address.
 */
export function normalAddress(address: string): string {
  if (!address.includes(':')) {
    return address;
  }
  const mapped = address.slice(address.lastIndexOf(':') + 1);
  return /^::ffff:/i.test(address) && isIPv4(mapped) ? mapped : address.toLowerCase();
}

/** In which namespace a pod is, by its uid. Callers that are no known pods are together in one, without a name. */
export function namespaceOfUid(pods: Pick<PodIndex, 'byUid'>): (uid: string) => string {
  return (uid) => pods.byUid(uid)?.namespace ?? '';
}

/** The same by the address at the other end, as a socket tells it. */
export function namespaceOfPeer(pods: Pick<PodIndex, 'byAddress'>): (peer: string) => string {
  return (peer) => pods.byAddress(normalAddress(peer))[0]?.namespace ?? '';
}

/** What is known of a pod that claims the address, as a socket tells it: another object after each change. */
export function podOfPeer(pods: Pick<PodIndex, 'byAddress'>): (peer: string) => KnownPod | undefined {
  return (peer) => pods.byAddress(normalAddress(peer))[0];
}

/** `127.0.0.0/8` or `::1`. */
export function isLoopback(address: string): boolean {
  return address === '::1' || (address.startsWith('127.') && isIPv4(address));
}
