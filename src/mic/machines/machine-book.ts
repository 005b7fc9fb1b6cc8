import type { Machine } from '../../domain/azure/machines.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { untilAborted } from '../../domain/time/time-limit.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { keysOf } from '../decide/plan-machine.ts';
import { groupKey, groupOf, type MachineApi } from './machine-api.ts';

/** A machine as it was read. */
export interface KnownMachine {
  readonly machine: Machine;
  /** What it carries: ids in lower case. */
  readonly keys: ReadonlySet<string>;
  /** Monotonic time at which the request was sent whose answer shows it so. */
  readonly readAtMs: number;
}

/**
 * What is known of machines. One list of a resource group answers for all of its machines, and callers at the
 * same time share it.
 */
export interface MachineBook {
  find(machineId: string): KnownMachine | undefined;
  /** When the last list was sent that answers for the machine (monotonic); -Infinity before the first. */
  listedAtMs(machineId: string): number;
  /** A moment after every read that was sent so far, and before every one that is sent later; monotonic milliseconds. */
  tick(): number;
  /** Takes in what the answer to a change shows. */
  note(machineId: string, machine: Machine): void;
  /**
   * The machine as read no earlier than `sinceMs` (monotonic); by a list that others have asked for, where
   * there is one. Undefined: Azure has no such machine.
   *
   * @throws PodidError, and the signal's reason
   */
  readSince(machineId: string, sinceMs: number, signal: AbortSignal): Promise<KnownMachine | undefined>;
}

export interface MachineBookOptions {
  readonly api: Pick<MachineApi, 'list' | 'get'>;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Called after each list, with the machines that it changed or brought. */
  onRead(machineIds: readonly string[]): void;
}

export function createMachineBook(options: MachineBookOptions): MachineBook {
  return new Book(options);
}

interface GroupReads {
  /** When the last list that is in was sent. */
  listedAtMs: number;
  running: { readonly sentAtMs: number; readonly done: Promise<void> } | undefined;
}

/** What tells a later moment from the same. */
export const leastMs = 0.001;

class Book implements MachineBook {
  readonly #options: MachineBookOptions;
  #lastMs = Number.NEGATIVE_INFINITY;
  readonly #known = new Map<string, KnownMachine>();
  readonly #groups = new Map<string, GroupReads>();
  /** For lists that several callers share: none of them ends it. */
  readonly #always = new AbortController().signal;

  constructor(options: MachineBookOptions) {
    this.#options = options;
  }

  find(machineId: string): KnownMachine | undefined {
    return this.#known.get(machineId);
  }

  listedAtMs(machineId: string): number {
    const reads = this.#groups.get(groupKey(groupOf(machineId)));
    return reads?.running?.sentAtMs ?? reads?.listedAtMs ?? Number.NEGATIVE_INFINITY;
  }

  tick(): number {
    this.#lastMs = Math.max(this.#options.clock.monotonic(), this.#lastMs + leastMs);
    return this.#lastMs;
  }

  note(machineId: string, machine: Machine): void {
    this.#put(machineId, machine, this.tick());
  }

  async readSince(
    machineId: string,
    sinceMs: number,
    signal: AbortSignal,
  ): Promise<KnownMachine | undefined> {
    const known = this.#known.get(machineId);
    if (known !== undefined && known.readAtMs >= sinceMs) {
      return known;
    }
    try {
      await untilAborted(this.#listSince(machineId, sinceMs), signal);
    } catch (error) {
      signal.throwIfAborted();
      // Rights on the single machine are enough.
      if (!isPodidError(error, 'Forbidden')) {
        throw error;
      }
    }
    const found = this.#known.get(machineId);
    return found !== undefined && found.readAtMs >= sinceMs ? found : this.#get(machineId, signal);
  }

  async #listSince(machineId: string, sinceMs: number): Promise<void> {
    const key = groupKey(groupOf(machineId));
    const reads = this.#groups.get(key) ?? { listedAtMs: Number.NEGATIVE_INFINITY, running: undefined };
    this.#groups.set(key, reads);
    // Before the first list any will do, and none is there.
    while (reads.listedAtMs < sinceMs || reads.listedAtMs === Number.NEGATIVE_INFINITY) {
      const { running } = reads;
      if (running === undefined) {
        reads.running = this.#startList(machineId, reads);
      } else {
        // One that was sent too early may fail without harm to who waits for the next.
        await (running.sentAtMs < sinceMs ? running.done.catch(() => undefined) : running.done);
      }
    }
  }

  #startList(machineId: string, reads: GroupReads): NonNullable<GroupReads['running']> {
    const { api } = this.#options;
    const sentAtMs = this.tick();
    const list = async () => {
      try {
        const machines = await api.list(groupOf(machineId), this.#always);
        for (const machine of machines) {
          this.#put(machine.resourceId.toLowerCase(), machine, sentAtMs);
        }
        reads.listedAtMs = sentAtMs;
        this.#options.onRead(machines.map(({ resourceId }) => resourceId.toLowerCase()));
      } finally {
        reads.running = undefined;
      }
    };
    const done = list();
    // Whoever waits hears of it; nobody may.
    done.catch(() => undefined);
    return { sentAtMs, done };
  }

  /** A machine that no list shows may be new, or gone. */
  async #get(machineId: string, signal: AbortSignal): Promise<KnownMachine | undefined> {
    const sentAtMs = this.tick();
    try {
      const machine = await this.#options.api.get(machineId, signal);
      this.#put(machineId, machine, sentAtMs);
      this.#options.onRead([machineId]);
      return this.#known.get(machineId);
    } catch (error) {
      if (!isPodidError(error, 'MachineNotFound')) {
        throw error;
      }
      this.#known.delete(machineId);
      this.#options.onRead([machineId]);
      return undefined;
    }
  }

  /** An answer that was sent for earlier than what is known says nothing any more. */
  #put(machineId: string, machine: Machine, readAtMs: number): void {
    if ((this.#known.get(machineId)?.readAtMs ?? Number.NEGATIVE_INFINITY) <= readAtMs) {
      this.#known.set(machineId, { machine, keys: keysOf(machine), readAtMs });
    }
  }
}
