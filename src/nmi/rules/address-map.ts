import { watch } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CniResult, parseCniResult } from './parse-cni-result.ts';

export interface NodeAddresses {
  /** Pod UID by address. */
  readonly addresses: Readonly<Record<string, string>>;
  /** `namespace/name` of pods that claim one of the node's ports. */
  hostPortPods(port: number): readonly string[];
}

export interface AddressMap {
  /** Reads what changed since the last call. A missing folder is an empty map. */
  read(): Promise<NodeAddresses>;
  /** Calls `onChange` when a file comes or goes, until the signal is aborted. What a watch misses, the next `read` sees. */
  follow(signal: AbortSignal, onChange: () => void): void;
}

/**
 * Address → pod as the node's own CNI knows it: it forgets an address only when the sandbox is gone, and the API does not lag behind it.
 * @param folder where libcni, as containerd runs it, notes what it gave to whom: `/var/lib/cni/results`
 */
export function addressMap(folder: string): AddressMap {
  let known = new Map<string, { readonly changedMs: number; readonly result: CniResult | undefined }>();
  return {
    async read() {
      const names = await readdir(folder).catch(() => []);
      const next: typeof known = new Map();
      for (const name of names) {
        const path = join(folder, name);
        const changedMs = (await stat(path).catch(() => undefined))?.mtimeMs;
        if (changedMs === undefined) {
          continue;
        }
        const before = known.get(name);
        const result = before?.changedMs === changedMs ? before.result : await readResult(path);
        next.set(name, { changedMs, result });
      }
      known = next;
      return addressesOf([...known.values()]);
    },
    follow(signal, onChange) {
      try {
        watch(folder, { signal, persistent: false }, onChange).on('error', () => undefined);
      } catch {
        // The folder comes with the node's first pod; until then the periodic reading is enough.
      }
    },
  };
}

/** Two files with one address: the later one counts, the other was left behind by a reboot. */
export function addressesOf(
  files: readonly { readonly changedMs: number; readonly result: CniResult | undefined }[],
): NodeAddresses {
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
    hostPortPods: (port) =>
      results
        .filter(({ hostPorts }) => hostPorts.includes(port))
        .map(({ namespace, name }) => `${namespace}/${name}`),
  };
}

async function readResult(path: string): Promise<CniResult | undefined> {
  return parseCniResult(await readFile(path, 'utf8').catch(() => ''));
}
