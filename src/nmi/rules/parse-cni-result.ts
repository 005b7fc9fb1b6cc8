import { isIPv4, isIPv6 } from 'node:net';
import { canonicalIpv6 } from './guard/ipv6.ts';

/** What the CNI plugin did for one pod, from one file of /var/lib/cni/results. */
export interface CniResult {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  /** Without prefix length, as nftables and the kernel spell them. */
  readonly addresses: readonly string[];
  /** Ports of the node that the portmap plugin leads to this pod. */
  readonly hostPorts: readonly number[];
  /**
   * Links of the node that the plugin made or used for the pod: the node's end of its veth pair, and the
   * bridge.
   */
  readonly nodeLinks: readonly string[];
  /** Lower-case MAC of the pod's own end; undefined where the plugin does not say. */
  readonly mac?: string;
}

/**
 * Reads a `cniCacheV1` file of libcni; undefined for anything else, since other programs may write into that
 * folder.
 */
export function parseCniResult(text: string): CniResult | undefined {
  let file: CacheFile | null;
  try {
    file = JSON.parse(text) as CacheFile | null;
  } catch {
    return undefined;
  }
  if (file?.kind !== 'cniCacheV1' || !Array.isArray(file.cniArgs)) {
    return undefined;
  }
  const args = new Map<unknown, unknown>(
    file.cniArgs.filter(Array.isArray).map(([key, value]) => [key, value]),
  );
  const podUid = args.get('K8S_POD_UID');
  if (typeof podUid !== 'string' || podUid === '') {
    return undefined;
  }
  return {
    podUid,
    namespace: String(args.get('K8S_POD_NAMESPACE') ?? ''),
    name: String(args.get('K8S_POD_NAME') ?? ''),
    addresses: addresses(file.result),
    hostPorts: list(file.capabilityArgs?.portMappings)
      .map((mapping) => Number(mapping?.hostPort))
      .filter((port) => port > 0),
    ...veth(file),
  };
}

interface CacheFile {
  readonly kind?: unknown;
  readonly cniArgs?: readonly (readonly [unknown, unknown])[];
  readonly capabilityArgs?: {
    readonly portMappings?: readonly ({ readonly hostPort?: unknown } | null)[];
  } | null;
  readonly ifName?: unknown;
  readonly result?: CachedResult | null;
}

interface CachedResult {
  readonly interfaces?: readonly (CachedInterface | null)[];
  /** CNI 0.3 and later. */
  readonly ips?: readonly ({ readonly address?: unknown } | null)[];
  /** CNI 0.2 and earlier. */
  readonly ip4?: { readonly ip?: unknown } | null;
  readonly ip6?: { readonly ip?: unknown } | null;
}

interface CachedInterface {
  readonly name?: unknown;
  readonly mac?: unknown;
  /** Path of the pod's network namespace; absent for links of the node. */
  readonly sandbox?: unknown;
}

const macAddress = /^(?:[\da-f]{2}:){5}[\da-f]{2}$/i;

/** Both ends of the pod's veth pair. */
function veth({ ifName, result }: CacheFile): Pick<CniResult, 'nodeLinks' | 'mac'> {
  const links = list(result?.interfaces);
  const ofNode = links.filter((link) => link !== null && !link.sandbox).map((link) => link?.name);
  const ofPod = links.find(
    (link) => Boolean(link?.sandbox) && (ifName === undefined || link?.name === ifName),
  );
  const mac =
    typeof ofPod?.mac === 'string' && macAddress.test(ofPod.mac) ? ofPod.mac.toLowerCase() : undefined;
  return {
    nodeLinks: ofNode.filter((name): name is string => typeof name === 'string' && linkName.test(name)),
    ...(mac !== undefined && { mac }),
  };
}

function addresses(result: CachedResult | null | undefined): readonly string[] {
  const found = [...list(result?.ips).map((ip) => ip?.address), result?.ip4?.ip, result?.ip6?.ip];
  return found.flatMap((address) => {
    const [bare = ''] = typeof address === 'string' ? address.split('/') : [];
    if (isIPv4(bare)) {
      return [bare];
    }
    // One with a zone is none that another pod could claim, and none that nftables takes.
    return isIPv6(bare) && !bare.includes('%') ? [canonicalIpv6(bare)] : [];
  });
}

function list<Item>(value: readonly Item[] | undefined): readonly Item[] {
  return Array.isArray(value) ? value : [];
}

/**
 * A name that the kernel takes for a link, and nftables for a word. The kernel takes quotes and stars too,
 * which nftables reads otherwise.
 */
export const linkName = /^[\w.@:-]{1,15}$/;
