import type { Clock } from '../../domain/time/clock.ts';
import { folderStamp, recordStamp } from './address-map.ts';

/** States of the CNI's folder and of its records, as they are or were a moment ago. */
export interface RecentStamps {
  folder(): string;
  record(name: string): string;
}

/**
 * An address changes hands when its record is written anew, and only then the containers of its next pod begin to be
 * started, which takes tens of milliseconds. So one look does for all that is asked within one.
 */
const recentMs = 1;

export function createRecentStamps(folder: string, clock: Pick<Clock, 'monotonic'>): RecentStamps {
  const records = new Map<string, string>();
  let ofFolder = '';
  let lookedAt = Number.NEGATIVE_INFINITY;
  const lookAgain = () => {
    const now = clock.monotonic();
    if (now - lookedAt >= recentMs) {
      lookedAt = now;
      records.clear();
      ofFolder = folderStamp(folder);
    }
  };
  return {
    folder() {
      lookAgain();
      return ofFolder;
    },
    record(name) {
      lookAgain();
      const known = records.get(name);
      if (known !== undefined) {
        return known;
      }
      const stamp = recordStamp(folder, name);
      records.set(name, stamp);
      return stamp;
    },
  };
}
