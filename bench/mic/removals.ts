import {
  type MachineSeed,
  type MicCluster,
  type PodSeed,
  resourceOf,
} from '../../test/cluster/mic-cluster.ts';
import { carriedBy } from '../../test/mic-on-emulator/mic-world.ts';

/** Sees in what Azure is asked for whether an identity is taken that a pod needs, or that others had put there. */
export interface RemovalWatch {
  /** The pods are about to be created. */
  need(pods: readonly PodSeed[]): void;
  /** The pods are about to go. */
  release(pods: readonly PodSeed[]): void;
  /** Looks through the changes since the last look. */
  look(): void;
  /** How many identities were taken off machines. */
  readonly removed: number;
  /** In words: what was taken though a pod had needed it for longer than anybody takes to hear of a pod. */
  readonly inUse: readonly string[];
  /** How many machines lack the identity that others had put there. */
  ofOthers(name: string): number;
}

/** What a pod needs since less than that may be taken: the change may have been on its way. */
const noticeMs = 10_000;

export function watchRemovals({ emulator }: MicCluster, machines: readonly MachineSeed[]): RemovalWatch {
  const machineOf = new Map(machines.flatMap(({ name, nodes }) => nodes.map((node) => [node, name])));
  const needs = new Map<string, { pods: number; sinceMs: number }>();
  const keyOf = ({ label, node }: PodSeed) => `${machineOf.get(node)} ${resourceOf(label).toLowerCase()}`;
  const inUse: string[] = [];
  let [looked, removed] = [0, 0];
  const hadOthers = new Map<string, readonly string[]>();
  for (const id of emulator.world.machines.keys()) {
    hadOthers.set(id, carriedBy(emulator, id));
  }
  return {
    need(pods) {
      for (const pod of pods) {
        const need = needs.get(keyOf(pod)) ?? { pods: 0, sinceMs: performance.now() };
        needs.set(keyOf(pod), { ...need, pods: need.pods + 1 });
      }
    },
    release(pods) {
      for (const pod of pods) {
        const need = needs.get(keyOf(pod));
        if (need !== undefined && need.pods > 1) {
          needs.set(keyOf(pod), { ...need, pods: need.pods - 1 });
        } else {
          needs.delete(keyOf(pod));
        }
      }
    },
    look() {
      for (const { operation, path, bodyText, status } of emulator.requests.slice(looked)) {
        looked += 1;
        if (operation !== 'machines.patch' || status === null || status >= 300) {
          continue;
        }
        const machine = path.split('/').at(-1) ?? '';
        const taken = takenBy(bodyText);
        removed += taken?.length ?? 1;
        for (const [key, { pods, sinceMs }] of needs) {
          const [name, id = ''] = key.split(' ');
          const isTaken = name === machine && (taken === undefined || taken.includes(id));
          if (isTaken && performance.now() - sinceMs > noticeMs) {
            inUse.push(`${id} was taken off ${machine}, where ${pods} pods need it`);
          }
        }
      }
    },
    get removed() {
      return removed;
    },
    inUse,
    ofOthers: (name) =>
      [...hadOthers].filter(([id, names]) => names.includes(name) && !carriedBy(emulator, id).includes(name))
        .length,
  };
}

/** Ids in lower case; undefined: all that there are, which a change to the type None does not name. */
function takenBy(bodyText: string): readonly string[] | undefined {
  const { type = '', userAssignedIdentities = {} } = JSON.parse(bodyText).identity ?? {};
  return type.includes('UserAssigned')
    ? Object.entries(userAssignedIdentities).flatMap(([id, value]) =>
        value === null ? [id.toLowerCase()] : [],
      )
    : undefined;
}
