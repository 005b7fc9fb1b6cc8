import { isIPv4, isIPv6 } from 'node:net';
import { type CniResult, linkName } from '../parse-cni-result.ts';
import { canonicalIpv6, ipv6Number, linkLocalOf } from './ipv6.ts';

/** What the sets of the guard's table hold. Each list is sorted and without doubles. */
export interface Pins {
  /** The node's ends of the veth pairs of known pods. */
  readonly veths: readonly string[];
  /** `veth . MAC . address`: all that may come in by the veth and go out by it. */
  readonly pins4: readonly string[];
  readonly pins6: readonly string[];
  /** `veth . target`: the IPv6 addresses that the pod may say are its own. */
  readonly targets6: readonly string[];
  /** What an unknown veth may not use: all that the known pods and the node's bridges have. */
  readonly takenMacs: readonly string[];
  readonly taken4: readonly string[];
  readonly taken6: readonly string[];
  readonly takenTargets6: readonly string[];
  /**
   * Bridges that the guard configured not to learn from link-local groups; noted here so that the removal can
   * undo it.
   */
  readonly quieted: readonly string[];
}

/** What the pins are made from. */
export interface PinFacts {
  /** The earliest first; of two that claim one address the later counts. */
  readonly results: readonly CniResult[];
  /** The node's bridges: their ports are never the bridge itself. */
  readonly bridges: readonly string[];
  /** MACs and addresses of the node on its bridges. */
  readonly ownMacs: readonly string[];
  readonly ownAddresses: readonly string[];
  readonly quieted: readonly string[];
}

/** A pod as the guard knows it; absent for one whose CNI plugin does not name veth and MAC. */
interface PinnedPod {
  readonly veths: readonly string[];
  readonly mac: string;
  readonly addresses: readonly string[];
}

/** Decides what may pass, from what the CNI plugin wrote down alone. */
export function planPins(facts: PinFacts): Pins {
  const pods = pinnedPods(facts);
  const addressesOf = ({ mac, addresses }: PinnedPod) => ({
    four: addresses.filter(isIPv4),
    six: [linkLocalOf(mac), ...addresses.filter(isIPv6).map(canonicalIpv6)],
  });
  const perVeth = (build: (pod: PinnedPod, veth: string) => readonly string[]) =>
    sorted(pods.flatMap((pod) => pod.veths.flatMap((veth) => build(pod, veth))));
  const six = [
    ...pods.flatMap((pod) => addressesOf(pod).six),
    ...facts.ownAddresses.filter(isIPv6).map(canonicalIpv6),
  ];
  return {
    veths: sorted(pods.flatMap(({ veths }) => veths)),
    pins4: perVeth((pod, veth) =>
      addressesOf(pod).four.map((address) => `${veth} . ${pod.mac} . ${address}`),
    ),
    // The unspecified address is for asking whether one's own address is free; the chain lets nothing else
    // through with it.
    pins6: perVeth((pod, veth) =>
      ['::', ...addressesOf(pod).six].map((address) => `${veth} . ${pod.mac} . ${address}`),
    ),
    targets6: perVeth((pod, veth) =>
      addressesOf(pod).six.map((address) => `${veth} . ${ipv6Number(address)}`),
    ),
    takenMacs: sorted([...pods.map(({ mac }) => mac), ...facts.ownMacs]),
    taken4: sorted([...pods.flatMap((pod) => addressesOf(pod).four), ...facts.ownAddresses.filter(isIPv4)]),
    taken6: sorted(six),
    takenTargets6: sorted(six.map(ipv6Number)),
    // A bridge of another name is configured likewise; only the note of it, for the removal, is done
    // without.
    quieted: sorted(facts.quieted.filter((name) => linkName.test(name))),
  };
}

/** Whether the plugin's records name the node's end of any pair at all; some plugins never do. */
export function namesVeths(results: readonly CniResult[]): boolean {
  return results.some(({ nodeLinks, mac }) => nodeLinks.length > 0 && mac !== undefined);
}

function pinnedPods({ results, bridges, ownAddresses }: PinFacts): readonly PinnedPod[] {
  const lastWith = new Map<string, CniResult>();
  for (const result of results) {
    for (const claimed of [...result.addresses, ...result.nodeLinks]) {
      lastWith.set(claimed, result);
    }
  }
  const isBridge = new Set(bridges);
  const isOwn = new Set(ownAddresses);
  return results.flatMap((result) => {
    const { mac, addresses, nodeLinks } = result;
    const veths = nodeLinks.filter((link) => !isBridge.has(link) && lastWith.get(link) === result);
    return mac === undefined || veths.length === 0
      ? []
      : [
          {
            veths,
            mac,
            addresses: addresses.filter((address) => lastWith.get(address) === result && !isOwn.has(address)),
          },
        ];
  });
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort();
}
