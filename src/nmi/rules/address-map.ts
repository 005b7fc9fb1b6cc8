import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { followFolder } from './follow-folder.ts';
import { type CniResult, parseCniResult } from './parse-cni-result.ts';

export interface RecordSource {
  readonly name: string;
  readonly stamp: string;
}

/** One file of the folder; without a result where it is no record. */
export interface RecordFile extends RecordSource {
  readonly changedMs: number;
  readonly result: CniResult | undefined;
}

export interface NodeAddresses {
  /** Pod UID by address. */
  readonly addresses: Readonly<Record<string, string>>;
  /** `namespace/name` of pods that claim one of the node's ports. */
  hostPortPods(port: number): readonly string[];
  /** Name and stamp of the record that each address was read from. */
  readonly sources: Readonly<Record<string, RecordSource>>;
  /** What the plugin did, by pod, the earliest first. */
  readonly results: readonly CniResult[];
  /** False where there is no such folder, so that nothing can be known of any pod. */
  readonly recorded: boolean;
  /** The plugin has written down a pod here: who has no record is nobody's pod yet. */
  readonly keepsRecords: boolean;
  /**
   * The state of the folder that all this was read from, as `folderStamp` gives it; empty while a change may not have
   * been seen, or not be whole.
   */
  readonly stamp: string;
}

/**
 * Tells one state of the folder from the next: it changes whenever a record comes or goes. Empty where the folder
 * cannot be seen. To see it takes no right to read it.
 */
export function folderStamp(folder: string): string {
  try {
    // Where there is no folder, an error would be made and thrown for every request.
    const found = statSync(folder, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? '' : stampOf(found);
  } catch {
    return '';
  }
}

/** The same of one record, which somebody may write anew in its place; empty where it cannot be seen. */
export function recordStamp(folder: string, name: string): string {
  return folderStamp(join(folder, name));
}

function stampOf({ ino, mtimeNs }: BigIntStats): string {
  return `${ino} ${mtimeNs}`;
}

/** Two changes within one tick of the kernel's clock have one time; the slowest kernels have 100 a second. */
const tickMs = 20;
/** So many files are looked at before others have their turn: a millisecond, or some more where all are new. */
const atOnce = 256;
/** libcni writes in place: a file that cannot be read and is younger than this may be half of a record. */
const writingMs = 2_000;

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
  let known = new Map<string, RecordFile>();
  let keepsRecords = false;
  return {
    async read() {
      const stamp = folderStamp(folder);
      const names = orNothing(() => readdirSync(folder));
      const next: typeof known = new Map();
      for (const [index, name] of (names ?? []).entries()) {
        if (index % atOnce === atOnce - 1) {
          await nextTurn();
        }
        const path = join(folder, name);
        const found = orNothing(() => lstatSync(path, { bigint: true }));
        if (found === undefined || !isRecord(found)) {
          continue;
        }
        const now = { name, stamp: stampOf(found), changedMs: Number(found.mtimeMs) };
        const before = known.get(name);
        // libcni writes in place: what could not be read may have been half a file, whose time need not
        // change any more.
        const isRead = before?.result !== undefined && before.stamp === now.stamp;
        next.set(name, { ...now, result: isRead ? before.result : readResult(path) });
      }
      known = next;
      const files = [...known.values()];
      keepsRecords ||= files.some(({ result }) => result !== undefined);
      const isSettled =
        stamp === folderStamp(folder) && ![{ stamp }, ...files].some(isRecent) && !files.some(isHalfWritten);
      return {
        ...addressesOf(files),
        recorded: names !== undefined,
        keepsRecords,
        stamp: isSettled ? stamp : '',
      };
    },
    follow: (signal, onChange) => followFolder(folder, signal, onChange),
  };
}

function isRecent({ stamp }: { readonly stamp: string }): boolean {
  const changedMs = Number(stamp.split(' ')[1] ?? 0) / 1e6;
  return Math.abs(Date.now() - changedMs) < tickMs;
}

function isHalfWritten({ changedMs, result }: RecordFile): boolean {
  return result === undefined && Math.abs(Date.now() - changedMs) < writingMs;
}

/** Two files with one address: the later one counts, the other was left behind by a reboot. */
export function addressesOf(
  files: readonly RecordFile[],
): Omit<NodeAddresses, 'recorded' | 'keepsRecords' | 'stamp'> {
  const addresses: Record<string, string> = {};
  const sources: Record<string, RecordSource> = {};
  const sorted = files.toSorted((one, other) => one.changedMs - other.changedMs);
  for (const { name, stamp, result } of sorted) {
    for (const address of result?.addresses ?? []) {
      addresses[address] = result?.podUid ?? '';
      sources[address] = { name, stamp };
    }
  }
  const results = sorted.flatMap(({ result }) => result ?? []);
  return {
    addresses,
    sources,
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
function isRecord(found: Stats | BigIntStats): boolean {
  return found.isFile() && found.size <= largestBytes;
}

/** What was looked at may have been replaced since; hence neither link nor pipe is trusted here either. */
function readResult(path: string): CniResult | undefined {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = orNothing(() => openSync(path, flags));
  if (file === undefined) {
    return undefined;
  }
  try {
    return orNothing(() =>
      isRecord(fstatSync(file)) ? parseCniResult(readFileSync(file, 'utf8')) : undefined,
    );
  } finally {
    closeSync(file);
  }
}

/**
 * A record is read in 20 microseconds; through Node's pool of threads it takes twenty times as long, which a node with
 * 250 pods would wait for at each start.
 */
function orNothing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
