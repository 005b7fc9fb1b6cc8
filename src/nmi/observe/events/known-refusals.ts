import type { Pod } from '../../../domain/kubernetes/pod.ts';

export type RefusedPod = Pick<Pod, 'uid' | 'namespace' | 'name'>;

/** One reason for which one pod is refused, and how much of it has been told. */
export interface KnownRefusal {
  readonly pod: RefusedPod;
  readonly reason: string;
  /** What the pod was answered; empty while nothing waits to be told. */
  description: string;
  /** Since the first one. */
  count: number;
  /** Since the epoch. */
  readonly firstMs: number;
  lastMs: number;
  /** Until then nothing more is told of it; of the clock that nobody sets. */
  quietUntilMs: number;
}

export interface KnownRefusals {
  /** Counts one more. @returns undefined where there is no room for another one */
  count(pod: RefusedPod, reason: string, nowMs: number): KnownRefusal | undefined;
  readonly size: number;
}

/** Reasons are a fixed few words, and no pod is refused for all of them unless it wants to be. */
export const reasonsOfPod = 8;
/** Those of the 500 pods that an agent knows at most, all of them full; about 250 bytes each. */
export const refusalsInAll = 4_000;

/** What pods are refused for. Where there is no room, pods go that are gone; none that is there loses its place. */
export function createKnownRefusals(isThere: (uid: string) => boolean): KnownRefusals {
  const pods = new Map<string, Map<string, KnownRefusal>>();
  let size = 0;
  const forgetGone = () => {
    for (const [uid, reasons] of pods) {
      if (!isThere(uid)) {
        pods.delete(uid);
        size -= reasons.size;
      }
    }
  };
  return {
    count({ uid, namespace, name }, reason, nowMs) {
      const known = pods.get(uid)?.get(reason);
      if (known !== undefined) {
        known.count += 1;
        known.lastMs = nowMs;
        return known;
      }
      if (size >= refusalsInAll) {
        forgetGone();
      }
      const reasons = pods.get(uid) ?? new Map<string, KnownRefusal>();
      if (size >= refusalsInAll || reasons.size >= reasonsOfPod) {
        return undefined;
      }
      const pod = { uid, namespace, name };
      const first = {
        pod,
        reason,
        description: '',
        count: 1,
        firstMs: nowMs,
        lastMs: nowMs,
        quietUntilMs: 0,
      };
      pods.set(uid, reasons.set(reason, first));
      size += 1;
      return first;
    },
    get size() {
      return size;
    },
  };
}
