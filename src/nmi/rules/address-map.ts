import { constants, type Stats } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { followFolder } from './follow-folder.ts';
import { type CniResult, parseCniResult } from './parse-cni-result.ts';

export interface NodeAddresses {
  /** Pod UID by address. */
  readonly addresses: Readonly<Record<string, string>>;
  /** `namespace/name` of pods that claim one of the node's ports. */
  hostPortPods(port: number): readonly string[];
  /** What the plugin did, by pod, the earliest first. */
  readonly results: readonly CniResult[];
  /** False where there is no such folder, so that nothing can be known of any pod. */
  readonly recorded: boolean;
}

export interface AddressMap {
  /** Reads what changed since the last call. A missing folder is an empty map. */
  read(): Promise<NodeAddresses>;
  /**
   * Calls `onChange` when a file comes or goes, until the signal is aborted. What a watch misses, the next
   * `read` sees.
   */
  follow(signal: AbortSignal, onChange: () => void): void;
}

/**
 * Address → pod as the node's own CNI knows it: it forgets an address only when the sandbox is gone, and the
 * API does not lag behind it.
 * @param folder where libcni, as containerd runs it, notes what it gave to whom: `/var/lib/cni/results`
 */
export function addressMap(folder: string): AddressMap {
  let known = new Map<string, { readonly changedMs: number; readonly result: CniResult | undefined }>();
  return {
    async read() {
      const names = await readdir(folder).catch(() => undefined);
      const next: typeof known = new Map();
      for (const name of names ?? []) {
        const path = join(folder, name);
        const found = await lstat(path).catch(() => undefined);
        if (found === undefined || !isRecord(found)) {
          continue;
        }
        const changedMs = found.mtimeMs;
        const before = known.get(name);
        // libcni writes in place: what could not be read may have been half a file, whose time need not
        // change any more.
        const isRead = before?.result !== undefined && before.changedMs === changedMs;
        next.set(name, { changedMs, result: isRead ? before.result : await readResult(path) });
      }
      known = next;
      return { ...addressesOf([...known.values()]), recorded: names !== undefined };
    },
    follow: (signal, onChange) => followFolder(folder, signal, onChange),
  };
}

/** Two files with one address: the later one counts, the other was left behind by a reboot. */
export function addressesOf(
  files: readonly { readonly changedMs: number; readonly result: CniResult | undefined }[],
): Omit<NodeAddresses, 'recorded'> {
  const addresses: Record<string, string> = {};
  const results = files
    .toSorted((one, other) => one.changedMs - other.changedMs)
    .flatMap(({ result }) => result ?? []);
  for (const { podUid, addresses: own } of results) {
    for (const address of own) {
      addresses[address] = podUid;
    }
  }
  return {
    addresses,
    results,
    hostPortPods: (port) =>
      results
        .filter(({ hostPorts }) => hostPorts.includes(port))
        .map(({ namespace, name }) => `${namespace}/${name}`),
  };
}

/** A record is some kilobytes, most of it the network's configuration. */
const largestBytes = 1024 * 1024;

/** A pipe would be waited for without end, a device read without end, and a link may lead anywhere. */
function isRecord(found: Stats): boolean {
  return found.isFile() && found.size <= largestBytes;
}

/** What was looked at may have been replaced since; hence neither link nor pipe is trusted here either. */
async function readResult(path: string): Promise<CniResult | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  try {
    return file !== undefined && isRecord(await file.stat())
      ? parseCniResult(await file.readFile('utf8'))
      : undefined;
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}
