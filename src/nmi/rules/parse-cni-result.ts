/** What the CNI plugin did for one pod, from one file of /var/lib/cni/results. */
export interface CniResult {
  readonly podUid: string;
  readonly namespace: string;
  readonly name: string;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** Ports of the node that the portmap plugin leads to this pod. */
  readonly hostPorts: readonly number[];
}

/** Reads a `cniCacheV1` file of libcni; undefined for anything else, since other programs may write into that folder. */
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
  };
}

interface CacheFile {
  readonly kind?: unknown;
  readonly cniArgs?: readonly (readonly [unknown, unknown])[];
  readonly capabilityArgs?: {
    readonly portMappings?: readonly ({ readonly hostPort?: unknown } | null)[];
  } | null;
  readonly result?: CachedResult | null;
}

interface CachedResult {
  /** CNI 0.3 and later. */
  readonly ips?: readonly ({ readonly address?: unknown } | null)[];
  /** CNI 0.2 and earlier. */
  readonly ip4?: { readonly ip?: unknown } | null;
  readonly ip6?: { readonly ip?: unknown } | null;
}

function addresses(result: CachedResult | null | undefined): readonly string[] {
  const found = [...list(result?.ips).map((ip) => ip?.address), result?.ip4?.ip, result?.ip6?.ip];
  return found.flatMap((address) => {
    const bare = typeof address === 'string' ? address.split('/')[0] : undefined;
    return bare === undefined || bare === '' ? [] : [bare];
  });
}

function list<Item>(value: readonly Item[] | undefined): readonly Item[] {
  return Array.isArray(value) ? value : [];
}
