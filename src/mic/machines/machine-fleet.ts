import type { Machine } from '../../domain/azure/machines.ts';
import type { Assignment } from '../../domain/standard-mode/desired-assignments.ts';
import { countOwned } from '../../domain/standard-mode/ledger-state.ts';
import { createWake } from '../../runtime/wake.ts';
import { decideRemoval, type FirstLook, secondLookAt } from '../decide/mass-removal.ts';
import { groupKey, groupOf } from './machine-api.ts';
import type { Trouble } from './machine-memory.ts';
import { MachineNeeds, type MachineWants } from './machine-needs.ts';
import { MachineWorker } from './machine-worker.ts';
import type { WorkerDeps } from './worker-deps.ts';

export interface FleetDeps
  extends Omit<WorkerDeps, 'isKept' | 'knowsNeeds' | 'ownerOf' | 'mayRemove' | 'isProtected'> {
  /** Client ids and ids of resources, in lower case, that podid never takes away. */
  isProtected(keyOrClientId: string): boolean;
  /** Between two reads of every machine. */
  readonly reconcileMs: number;
  onMassRemoval(count: number): void;
}

/** One worker for each machine that somebody needs something of, or that podid has put something on. */
export interface MachineFleet {
  setPod(podKey: string, wants: MachineWants): void;
  /** Every pod has been set once. Before, nothing is taken for unneeded. */
  allPodsSet(): void;
  /** What an assignment may say of its identity. @param wasAssigned what it says now */
  shows(assignment: Pick<Assignment, 'machineId' | 'resource'>, wasAssigned: boolean): 'Assigned' | 'Created';
  /** Why the identity is not there; undefined where nothing is known against it. */
  troubleOf(machineId: string, key: string): Trouble | undefined;
  /** The AzureIdentity changed: what Azure refused may be right now. */
  forgive(key: string): void;
  readonly workers: ReadonlyMap<string, MachineWorker>;
  /** Machines that pods need something of. */
  readonly machineIds: readonly string[];
  /** By key, the ids that pods need on a machine. */
  neededOn(machineId: string): ReadonlyMap<string, string>;
  /** Whether a pod without a node may come back for the identity. */
  isKept(key: string): boolean;
  run(signal: AbortSignal): Promise<void>;
}

/** Longer ago, a machine that nobody has read again may carry anything. */
const freshMs = 5 * 60_000;

export function createMachineFleet(deps: FleetDeps): MachineFleet {
  return new Fleet(deps);
}

class Fleet implements MachineFleet {
  readonly workers = new Map<string, MachineWorker>();
  readonly #deps: FleetDeps;
  readonly #needs = new MachineNeeds();
  readonly #running = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  #signal: AbortSignal | undefined;
  #look: FirstLook | undefined;
  #knowsNeeds = false;
  readonly #secondLook;

  constructor(deps: FleetDeps) {
    this.#deps = deps;
    this.#secondLook = createWake(deps.clock);
  }

  get machineIds(): readonly string[] {
    return this.#needs.machineIds;
  }

  neededOn(machineId: string): ReadonlyMap<string, string> {
    return this.#needs.on(machineId);
  }

  isKept(key: string): boolean {
    return this.#needs.isKept(key);
  }

  setPod(podKey: string, wants: MachineWants): void {
    const touched = this.#needs.set(podKey, wants);
    for (const machineId of touched?.machineIds ?? []) {
      this.#tell(machineId);
    }
    if (touched?.keeps === true) {
      this.#wakeAll();
    }
  }

  allPodsSet(): void {
    this.#knowsNeeds = true;
    this.#wakeAll();
  }

  shows(
    { machineId, resource }: Pick<Assignment, 'machineId' | 'resource'>,
    wasAssigned: boolean,
  ): 'Assigned' | 'Created' {
    if (resource === undefined) {
      return 'Assigned';
    }
    if (machineId === undefined || this.workers.get(machineId)?.isUnderWay(resource.key) === true) {
      return 'Created';
    }
    const known = this.#deps.book.find(machineId);
    if (known === undefined) {
      return wasAssigned ? 'Assigned' : 'Created';
    }
    const isFresh = this.#deps.clock.monotonic() - known.readAtMs < freshMs;
    return known.keys.has(resource.key) && (isFresh || wasAssigned) ? 'Assigned' : 'Created';
  }

  troubleOf(machineId: string, key: string): Trouble | undefined {
    const memory = this.workers.get(machineId)?.memory;
    return memory?.refused.get(key) ?? memory?.trouble;
  }

  forgive(key: string): void {
    for (const worker of this.workers.values()) {
      if (worker.memory.forgive(key)) {
        worker.wake();
      }
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const machineId of [...Object.keys(this.#deps.ledger.state.machines), ...this.#needs.machineIds]) {
      this.#tell(machineId);
    }
    await Promise.all([this.#reconcile(signal), this.#lookTwice(signal)]);
    await Promise.all([...this.#running.values()].map(({ ended }) => ended));
  }

  /** Has the machine's worker know what is needed there, and makes one where there is none. */
  #tell(machineId: string): void {
    const needed = this.#needs.on(machineId);
    const found = this.workers.get(machineId);
    if (found !== undefined) {
      found.wanted = needed;
      return;
    }
    if (this.#signal === undefined || this.#signal.aborted) {
      return;
    }
    const worker = new MachineWorker(machineId, this.#workerDeps());
    worker.wanted = needed;
    this.workers.set(machineId, worker);
    const stop = new AbortController();
    const end = () => stop.abort(this.#signal?.reason);
    this.#signal.addEventListener('abort', end, { once: true });
    const ended = worker.run(stop.signal);
    this.#running.set(machineId, { stop, ended });
  }

  #workerDeps(): WorkerDeps {
    const deps = this.#deps;
    return {
      ...deps,
      isKept: (key) => this.#needs.isKept(key),
      knowsNeeds: () => this.#knowsNeeds,
      ownerOf: (machineId, key) => this.#needs.ownerOf(machineId, key),
      isProtected: (key, machine) => deps.isProtected(key) || deps.isProtected(clientIdOf(machine, key)),
      mayRemove: (machineId, key) => this.#mayRemove(machineId, key),
    };
  }

  /** Every machine is read again now and then: what AKS or a person took away is put back. */
  async #reconcile(signal: AbortSignal): Promise<void> {
    const { clock, reconcileMs, book } = this.#deps;
    while (!signal.aborted) {
      const sinceMs = clock.monotonic() - reconcileMs / 2;
      this.#retire();
      await Promise.all(
        this.#oldestOfGroups().map((id) => book.readSince(id, sinceMs, signal).catch(() => undefined)),
      );
      this.#wakeAll();
      await clock.sleep(reconcileMs, signal).catch(() => undefined);
    }
  }

  /** Of each group the machine that was read the longest ago: its list answers for all. */
  #oldestOfGroups(): readonly string[] {
    const readAt = (id: string) => this.#deps.book.find(id)?.readAtMs ?? Number.NEGATIVE_INFINITY;
    const oldest = new Map<string, string>();
    for (const id of this.workers.keys()) {
      const group = groupKey(groupOf(id));
      const other = oldest.get(group);
      if (other === undefined || readAt(id) < readAt(other)) {
        oldest.set(group, id);
      }
    }
    return [...oldest.values()];
  }

  #retire(): void {
    for (const [machineId, worker] of this.workers) {
      if (!worker.isNeeded) {
        this.#running.get(machineId)?.stop.abort(new Error('Nothing is needed of the machine.'));
        this.#running.delete(machineId);
        this.workers.delete(machineId);
      }
    }
  }

  #mayRemove(machineId: string, key: string): boolean {
    const { ledger, clock } = this.#deps;
    const due = new Set(
      [...this.workers.values()].flatMap((worker) => worker.due.map((each) => `${worker.id} ${each}`)),
    );
    const before = this.#look;
    const decided = decideRemoval(due, countOwned(ledger.state), before, clock.monotonic());
    this.#look = decided.look;
    if (decided.look !== undefined && decided.look !== before) {
      this.#deps.onMassRemoval(due.size);
      this.#secondLook.call();
    }
    return decided.allowed && due.has(`${machineId} ${key}`);
  }

  async #lookTwice(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const waitMs =
        this.#look === undefined
          ? undefined
          : Math.max(1, secondLookAt(this.#look) - this.#deps.clock.monotonic());
      await this.#secondLook.wait(waitMs, signal).catch(() => undefined);
      if (this.#look !== undefined && secondLookAt(this.#look) <= this.#deps.clock.monotonic()) {
        this.#wakeAll();
        await this.#secondLook.wait(undefined, signal).catch(() => undefined);
      }
    }
  }

  #wakeAll(): void {
    for (const worker of this.workers.values()) {
      worker.wake();
    }
  }
}

function clientIdOf({ identityClientIds = {} }: Machine, key: string): string {
  const found = Object.entries(identityClientIds).find(([id]) => id.toLowerCase() === key);
  return found?.[1].toLowerCase() ?? '';
}
