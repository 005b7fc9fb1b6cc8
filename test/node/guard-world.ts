import { join } from 'node:path';
import { type AgentWorld, inAgentWorld, podObject } from './agent-world.ts';
import type { BundledPrograms } from './bundled-programs.ts';
import { recordPod } from './cni-record.ts';
import type { Host } from './network.ts';

/**
 * A bridged node whose pods are all in the API and, but for those of `strangers`, in the CNI plugin's record.
 */
export interface GuardWorld extends AgentWorld {
  /** Pods beside the bound and the unbound one; none of them has an identity. */
  readonly others: readonly Host[];
  readonly records: string;
  /** Writes the pod's record, as the CNI plugin does before any container of it runs. */
  record(pod: Host): void;
  guardTable(): string;
}

export interface GuardWorldOptions {
  readonly others: number;
  /** How many of the others have no record, the last ones. */
  readonly unknownPeers?: number;
}

/** Runs `story` in a world of its own, and takes the world away whatever happens. */
export async function inGuardWorld(
  programs: BundledPrograms,
  { others, unknownPeers = 0 }: GuardWorldOptions,
  story: (world: GuardWorld) => Promise<void>,
): Promise<void> {
  await inAgentWorld(programs, { pods: 2 + others }, async (world) => {
    const { pods, node } = world.network;
    const records = join(world.folder, 'results');
    const nameOf = (pod: Host) =>
      ['web-0', 'plain-0', 'legacy-0'][pods.indexOf(pod)] ?? `other-${pods.indexOf(pod)}`;
    const record = (pod: Host) =>
      recordPod(records, world.network, pod, { uid: `uid-${nameOf(pod)}`, name: nameOf(pod) });
    for (const pod of pods.slice(2)) {
      await world.seed(podObject(nameOf(pod), pod.address, {}));
    }
    pods.slice(0, pods.length - unknownPeers).forEach(record);
    await story({
      ...world,
      others: pods.slice(2),
      records,
      record,
      guardTable: () => node.run('nft', 'list', 'table', 'bridge', 'podid_guard'),
    });
  });
}

/** Packets that a rule of the guard has counted, by a part of its comment. */
export function guardPackets(world: GuardWorld, comment: string): number {
  const counts = world
    .guardTable()
    .split('\n')
    .filter((line) => line.includes(comment))
    .map((line) => Number(/packets (\d+)/.exec(line)?.[1] ?? 0));
  return counts.reduce((sum, count) => sum + count, 0);
}
