import type { AzureResource } from '../../domain/standard-mode/desired-assignments.ts';
import { namespaceOfKey } from '../../domain/standard-mode/turn-queue.ts';

/** What one pod needs of machines. */
export interface MachineWants {
  readonly on: readonly { readonly machineId: string; readonly resource: AzureResource }[];
  /** Keys of identities that are to stay wherever they are. */
  readonly keeps: readonly string[];
}

/** What a change of one pod's wants touches. */
export interface TouchedNeeds {
  readonly machineIds: ReadonlySet<string>;
  /** Whether what is kept everywhere may have changed. */
  readonly keeps: boolean;
}

/** What pods need of machines, all counted: an identity is needed for as long as one of them needs it. */
export class MachineNeeds {
  readonly #pods = new Map<string, MachineWants>();
  /** By machine, by key. */
  readonly #needed = new Map<string, Map<string, Needed>>();
  readonly #kept = new Map<string, number>();

  /** Machines that pods need something of. */
  get machineIds(): readonly string[] {
    return [...this.#needed.keys()];
  }

  /** By key, the ids that pods need there. */
  on(machineId: string): ReadonlyMap<string, string> {
    return new Map([...(this.#needed.get(machineId) ?? [])].map(([key, { id }]) => [key, id]));
  }

  /** Whether a pod without a node may come back for the identity. */
  isKept(key: string): boolean {
    return this.#kept.has(key);
  }

  /** The namespaces whose pods need it there; empty: none does. */
  ownerOf(machineId: string, key: string): string {
    return [...(this.#needed.get(machineId)?.get(key)?.pods.keys() ?? [])].sort().join(' ');
  }

  /** Undefined: the pod wants what it wanted before. */
  set(podKey: string, wants: MachineWants): TouchedNeeds | undefined {
    const before = this.#pods.get(podKey);
    if (before !== undefined && sameWants(before, wants)) {
      return undefined;
    }
    const namespace = namespaceOfKey(podKey);
    this.#count(namespace, wants, 1);
    this.#count(namespace, before ?? nothing, -1);
    if (wants.on.length + wants.keeps.length === 0) {
      this.#pods.delete(podKey);
    } else {
      this.#pods.set(podKey, wants);
    }
    return {
      machineIds: new Set([...(before?.on ?? []), ...wants.on].map(({ machineId }) => machineId)),
      keeps: wants.keeps.length + (before?.keeps.length ?? 0) > 0,
    };
  }

  #count(namespace: string, { on, keeps }: MachineWants, by: 1 | -1): void {
    for (const { machineId, resource } of on) {
      const needed = this.#needed.get(machineId) ?? new Map<string, Needed>();
      const pods = needed.get(resource.key)?.pods ?? new Map<string, number>();
      const count = (pods.get(namespace) ?? 0) + by;
      count > 0 ? pods.set(namespace, count) : pods.delete(namespace);
      if (pods.size > 0) {
        needed.set(resource.key, { id: resource.id, pods });
      } else {
        needed.delete(resource.key);
      }
      if (needed.size > 0) {
        this.#needed.set(machineId, needed);
      } else {
        this.#needed.delete(machineId);
      }
    }
    for (const key of keeps) {
      const pods = (this.#kept.get(key) ?? 0) + by;
      pods > 0 ? this.#kept.set(key, pods) : this.#kept.delete(key);
    }
  }
}

/** An id that pods need on a machine, with how many of each namespace do. */
interface Needed {
  readonly id: string;
  readonly pods: Map<string, number>;
}

const nothing: MachineWants = { on: [], keeps: [] };

function sameWants(one: MachineWants, other: MachineWants): boolean {
  const text = ({ on, keeps }: MachineWants) =>
    JSON.stringify([on.map(({ machineId, resource }) => [machineId, resource.id]), keeps]);
  return text(one) === text(other);
}
