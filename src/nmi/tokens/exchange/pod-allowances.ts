import type { Clock } from '../../../domain/time/clock.ts';
import { TokenRefused } from '../token-error.ts';
import { putNewest } from './put-newest.ts';

/** What each pod may have asked of Entra. */
export interface PodAllowances {
  /**
   * Charges one question to the asker that has most left; asking it again is not charged.
   * @throws TokenRefused 429 where none of them has any
   */
  charge(askers: ReadonlySet<string>): void;
}

/** More than the 50 keys of the cache that a pod may hold. */
const most = 60;
const backPerSecond = 1;

/**
 * A resource can be written in any number of ways, each of which is another token: a pod that asks for all of them would
 * have Entra throttle the tenant, and with it every other identity of the node.
 */
export function createPodAllowances(clock: Pick<Clock, 'monotonic'>): PodAllowances {
  const spent = new Map<string, { readonly calls: number; readonly atMs: number }>();
  return {
    charge(askers) {
      const nowMs = clock.monotonic();
      const callsOf = (pod: string) => {
        const { calls, atMs } = spent.get(pod) ?? { calls: 0, atMs: nowMs };
        return Math.max(0, calls - ((nowMs - atMs) / 1000) * backPerSecond);
      };
      const [payer] = [...askers]
        .map((pod) => ({ pod, calls: callsOf(pod) }))
        .sort((one, other) => one.calls - other.calls);
      if (payer === undefined) {
        return;
      }
      if (payer.calls + 1 > most) {
        throw tooMany((payer.calls + 1 - most) / backPerSecond);
      }
      putNewest(spent, payer.pod, { calls: payer.calls + 1, atMs: nowMs });
    },
  };
}

function tooMany(afterSec: number): TokenRefused {
  return new TokenRefused({
    status: 429,
    error: 'too_many_requests',
    description: `This pod asks for too many different tokens: ${most} at first, and then ${backPerSecond} a second, are exchanged for one pod. The same resource, written in the same way, is answered from memory.`,
    retryAfterSec: Math.max(1, Math.ceil(afterSec)),
    holdsForOthers: false,
  });
}
