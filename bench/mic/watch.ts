import { createPods, type MicCluster, type PodSeed } from '../../test/cluster/mic-cluster.ts';

/** Sees when each pod's identity is called assigned, and when its assignment is gone. */
export interface AssignmentWatch {
  /** Creates the pods and waits until all are assigned. @returns milliseconds each, sorted */
  assign(pods: readonly PodSeed[], options?: { readonly overMs?: number }): Promise<readonly number[]>;
  /** Waits until each of the pods is assigned that was created in whatever way. */
  untilAssigned(names: readonly string[]): Promise<void>;
  /** Waits until so many assignments are left. @returns at which moment (performance.now) that was */
  untilLeft(count: number): Promise<number>;
  readonly count: number;
  stop(): void;
}

const giveUpMs = 20 * 60_000;
const lookMs = 20;

export function watchOf(cluster: MicCluster): AssignmentWatch {
  const createdAt = new Map<string, number>();
  const took = new Map<string, number>();
  const live = new Set<string>();
  const assigned = new Set<string>();
  let changedAtMs = performance.now();
  const stop = cluster.watchAssignments((type, { metadata, spec, status }) => {
    changedAtMs = performance.now();
    const pod = String(spec['pod']);
    if (type === 'DELETED') {
      live.delete(metadata.uid);
      assigned.delete(pod);
      return;
    }
    live.add(metadata.uid);
    if (status?.status === 'Assigned') {
      assigned.add(pod);
    }
    const beganMs = createdAt.get(pod);
    if (beganMs !== undefined && status?.status === 'Assigned' && !took.has(pod)) {
      took.set(pod, changedAtMs - beganMs);
    }
  });
  return {
    get count() {
      return live.size;
    },
    async assign(pods, { overMs = 0 } = {}) {
      const note = (name: string) => void createdAt.set(name, performance.now());
      if (overMs === 0) {
        await createPods(cluster, pods, note);
      } else {
        for (const [index, pod] of pods.entries()) {
          await createPods(cluster, [pod], note);
          const dueMs = (createdAt.get(pods[0]?.name ?? '') ?? 0) + ((index + 1) * overMs) / pods.length;
          await pause(dueMs - performance.now());
        }
      }
      await until(() => pods.every(({ name }) => took.has(name)), `${pods.length} pods are assigned`);
      return pods.map(({ name }) => took.get(name) ?? Number.NaN).sort((one, other) => one - other);
    },
    untilAssigned: (names) =>
      until(() => names.every((name) => assigned.has(name)), `${names.length} pods are assigned`),
    async untilLeft(count) {
      await until(() => live.size <= count, `${count} assignments are left`);
      return changedAtMs;
    },
    stop,
  };
}

/** @throws Error where it does not come true within twenty minutes */
export async function until(isTrue: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const endMs = Date.now() + giveUpMs;
  while (!(await isTrue())) {
    if (Date.now() > endMs) {
      throw new Error(`It did not come true in time that ${what}.`);
    }
    await pause(lookMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** @param share 0.5 for the median */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
