import { statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../domain/time/clock.ts';
import { type Heartbeat, heartbeatIsFresh, readHeartbeat } from './heartbeat.ts';
import { wakeUp } from './keep/wake-up.ts';

/** The last heartbeat of the keeper of the rules. */
export interface RulesWatch {
  /** Takes a heartbeat from the same process. */
  publish(heartbeat: Heartbeat): Promise<void>;
  readonly latest: Heartbeat | undefined;
  readonly isFresh: boolean;
  /** What the CNI's records say of an address, and whether they can be relied on at this moment. */
  evidenceOf(address: string): AddressEvidence;
}

export type AddressEvidence =
  /** UID of the pod that the CNI gave the address to. */
  | { readonly kind: 'recorded'; readonly uid: string }
  /** The CNI writes down its pods, and none with this address. */
  | { readonly kind: 'unrecorded' }
  /** The keeper has never been heard, is not heard any more, or has not seen the last change yet. */
  | { readonly kind: 'not-yet' }
  /** Nobody keeps records on this node, or nobody reports them: there is the API server's word alone. */
  | { readonly kind: 'none-kept' };

export interface RulesWatchOptions {
  uptimeMs(): number;
  onChange(): void;
  /** Somebody is to report: until they do, nothing is known. */
  readonly isKept: boolean;
  /** The state of the records' folder now; empty where it cannot be seen from here. Asked for each request. */
  folderStamp(): string;
  /** The same of one record. */
  recordStamp(name: string): string;
  /** An address is not that pod's any more, says the CNI. */
  onAddressLost(address: string, uid: string): void;
}

export function createRulesWatch(options: RulesWatchOptions): RulesWatch {
  const { uptimeMs, onChange } = options;
  let latest: Heartbeat | undefined;
  const isFresh = () => latest !== undefined && heartbeatIsFresh(latest, uptimeMs());
  return {
    publish(heartbeat) {
      const before = Object.entries(latest?.addresses ?? {});
      latest = heartbeat;
      for (const [address, uid] of before) {
        if (heartbeat.addresses[address] !== uid) {
          options.onAddressLost(address, uid);
        }
      }
      onChange();
      return Promise.resolve();
    },
    get latest() {
      return latest;
    },
    get isFresh() {
      return isFresh();
    },
    evidenceOf(address) {
      if (latest === undefined) {
        return options.isKept ? notYet : noneKept;
      }
      const { addresses, records } = latest;
      const stamp = options.folderStamp();
      // Where the folder can be seen, that it is as it was read counts for more than when that was.
      const isCurrent = stamp === '' ? isFresh() : stamp === records.stamp;
      if (!isCurrent && (records.keepsRecords || stamp !== '')) {
        return notYet;
      }
      if (!records.keepsRecords) {
        return noneKept;
      }
      const uid = Object.hasOwn(addresses, address) ? addresses[address] : undefined;
      if (uid === undefined) {
        return unrecorded;
      }
      const source = records.sources[address];
      const now = source === undefined ? '' : options.recordStamp(source.name);
      return now !== '' && now !== source?.stamp ? notYet : { kind: 'recorded', uid };
    },
  };
}

const notYet: AddressEvidence = { kind: 'not-yet' };
const noneKept: AddressEvidence = { kind: 'none-kept' };
const unrecorded: AddressEvidence = { kind: 'unrecorded' };

/** How often the file is read even if nothing was reported. */
const readEveryMs = 1_000;

/** Hands on each heartbeat of a file that another container writes, until the signal is aborted. */
export async function followHeartbeatFile(
  path: string,
  { clock, publish }: { readonly clock: Clock; publish(heartbeat: Heartbeat): Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  const wake = wakeUp(clock);
  signal.addEventListener('abort', wake.call, { once: true });
  watchFolder(path, signal, wake.call);
  let last = '';
  while (!signal.aborted) {
    wake.reset();
    const now = stampOf(path);
    if (now !== last) {
      const heartbeat = await readHeartbeat(path);
      if (heartbeat !== undefined) {
        // It may be newer than its stamp, and is then read once more.
        last = now;
        await publish(heartbeat);
      }
    }
    await wake.pause(readEveryMs);
  }
}

/** Each heartbeat is a file of its own, put in the place of the last. */
function stampOf(path: string): string {
  try {
    const { ino, mtimeNs, size } = statSync(path, { bigint: true });
    return `${ino} ${mtimeNs} ${size}`;
  } catch {
    return '';
  }
}

function watchFolder(path: string, signal: AbortSignal, onChange: () => void): void {
  try {
    watch(dirname(path), { signal, persistent: false }, (_event, name) => {
      if (name === basename(path)) {
        onChange();
      }
    }).on('error', () => undefined);
  } catch {
    // Without a watch the file is read once a second; that is slower and not wrong.
  }
}
