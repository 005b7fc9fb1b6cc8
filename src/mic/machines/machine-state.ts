import { entryOf } from '../../domain/standard-mode/ledger-state.ts';
import { createWake, type Wake } from '../../runtime/wake.ts';
import type { KnownMachine } from './machine-book.ts';
import { MachineMemory } from './machine-memory.ts';
import type { WorkerDeps } from './worker-deps.ts';

/** Where a worker stands with its machine. */
export class MachineState {
  readonly id: string;
  readonly memory = new MachineMemory();
  /** Called when the machine was read, for whoever's sake. */
  readonly news: Wake;
  /** Reads from before this moment do not count. */
  readSinceMs = Number.NEGATIVE_INFINITY;
  /** Keys of a change that is under way, or that an earlier leader has left. */
  #underWay: ReadonlySet<string>;
  readonly #deps: Pick<WorkerDeps, 'book' | 'clock' | 'ledger' | 'onChange'>;

  constructor(id: string, deps: Pick<WorkerDeps, 'book' | 'clock' | 'ledger' | 'onChange'>) {
    this.id = id;
    this.#deps = deps;
    this.news = createWake(deps.clock);
    const doing = entryOf(deps.ledger.state, id)?.doing;
    this.#underWay = new Set([...(doing?.add ?? []), ...(doing?.remove ?? [])]);
    if (doing !== undefined) {
      this.readSinceMs = this.nowMs;
    }
  }

  get nowMs(): number {
    return this.#deps.clock.monotonic();
  }

  /** The machine as it was read, if that still counts. */
  known(): KnownMachine | undefined {
    const found = this.#deps.book.find(this.id);
    return found !== undefined && found.readAtMs >= this.readSinceMs ? found : undefined;
  }

  /**
   * Looks at what was read last. What podid had put there and is missing, others took off: should it be there again at the
   * next look, it is theirs. So this is noted with each read, whatever the worker is at.
   */
  look(): void {
    const { on = [], doing } = entryOf(this.#deps.ledger.state, this.id) ?? {};
    const known = this.known();
    const ownDoing = new Set([...(doing?.add ?? []), ...(doing?.remove ?? [])]);
    const { missing } = this.memory;
    for (const key of missing) {
      if (!on.includes(key)) {
        missing.delete(key);
      }
    }
    for (const key of on) {
      if (known?.keys.has(key) === false && !ownDoing.has(key)) {
        missing.add(key);
      }
    }
  }

  /** Whether the identity is being put there or taken away. */
  isUnderWay(key: string): boolean {
    return this.#underWay.has(key);
  }

  markUnderWay(keys: readonly string[]): void {
    this.#underWay = new Set(keys);
    this.#deps.onChange(this.id);
  }

  fail(message: string): void {
    this.memory.fail(message, { nowMs: this.nowMs, random: this.#deps.clock.random() });
    this.#deps.onChange(this.id);
  }
}
