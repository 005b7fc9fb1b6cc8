import { watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../domain/time/clock.ts';
import { type Heartbeat, heartbeatIsFresh, readHeartbeat } from './heartbeat.ts';

/** The last heartbeat of the keeper of the rules. */
export interface RulesWatch {
  /** Takes a heartbeat from the same process. */
  publish(heartbeat: Heartbeat): Promise<void>;
  readonly latest: Heartbeat | undefined;
  readonly isFresh: boolean;
  /** UID of the pod that the CNI gave the address to, while the keeper is alive to know. */
  ownerOf(address: string): string | undefined;
}

export interface RulesWatchOptions {
  uptimeMs(): number;
  onChange(): void;
}

export function createRulesWatch({ uptimeMs, onChange }: RulesWatchOptions): RulesWatch {
  let latest: Heartbeat | undefined;
  const isFresh = () => latest !== undefined && heartbeatIsFresh(latest, uptimeMs());
  return {
    publish(heartbeat) {
      latest = heartbeat;
      onChange();
      return Promise.resolve();
    },
    get latest() {
      return latest;
    },
    get isFresh() {
      return isFresh();
    },
    ownerOf(address) {
      // A record that nobody keeps up would refuse every pod that came after its keeper died.
      return latest !== undefined && Object.hasOwn(latest.addresses, address) && isFresh()
        ? latest.addresses[address]
        : undefined;
    },
  };
}

/** How often the file is read even if nothing was reported. */
const readEveryMs = 1_000;

/** Hands on each heartbeat of a file that another container writes, until the signal is aborted. */
export async function followHeartbeatFile(
  path: string,
  { clock, publish }: { readonly clock: Clock; publish(heartbeat: Heartbeat): Promise<void> },
  signal: AbortSignal,
): Promise<void> {
  let wake = new AbortController();
  watchFolder(path, signal, () => wake.abort());
  let writtenAt = -1;
  while (!signal.aborted) {
    wake = new AbortController();
    const heartbeat = await readHeartbeat(path);
    if (heartbeat !== undefined && heartbeat.writtenAtUptimeMs !== writtenAt) {
      writtenAt = heartbeat.writtenAtUptimeMs;
      await publish(heartbeat);
    }
    await clock.sleep(readEveryMs, AbortSignal.any([signal, wake.signal])).catch(() => undefined);
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
