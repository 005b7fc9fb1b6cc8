import { entryOf } from '../../domain/standard-mode/ledger-state.ts';
import { createWake, type Wake } from '../../runtime/wake.ts';
import { hasFailed, isBusy } from '../decide/plan-machine.ts';
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
  /** When podid's last change was answered, or given up: infinite while it is being sent. Monotonic. */
  answeredAtMs = Number.NEGATIVE_INFINITY;
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
      this.readAnew();
    }
  }

  get nowMs(): number {
    return this.#deps.clock.monotonic();
  }

  /** Whatever was read so far does not count any more. */
  readAnew(): void {
    this.readSinceMs = this.#deps.book.tick();
  }

  /** The machine as it was read, if that still counts. */
  known(): KnownMachine | undefined {
    const found = this.#deps.book.find(this.id);
    return found !== undefined && found.readAtMs >= this.readSinceMs ? found : undefined;
  }

  /**
   * Looks at what was read last. What podid had put there and is missing, others took off, or podid itself: should it be
   * there again at the next look, it is theirs. So it is disowned with each read, whatever the worker is at.
   */
  look(): void {
    const known = this.known();
    const { on = [] } = entryOf(this.#deps.ledger.state, this.id) ?? {};
    if (known === undefined) {
      return;
    }
    const lost = on.filter((key) => !known.keys.has(key));
    for (const key of lost.filter((each) => !this.isUnderWay(each))) {
      this.memory.takenOff.add(key);
    }
    this.#deps.ledger.disown(this.id, lost);
    if (known.readAtMs > this.answeredAtMs) {
      this.judge(known);
    }
  }

  /**
   * Looks at the machine as it was read after podid's change was answered. Once it is idle, what was to be added and is
   * not there is not podid's, nor is any of it where the machine's last change failed: others may have put it there.
   */
  judge({ machine, keys }: KnownMachine): void {
    if (!isBusy(machine)) {
      const add = entryOf(this.#deps.ledger.state, this.id)?.doing?.add ?? [];
      this.#deps.ledger.disown(this.id, hasFailed(machine) ? add : add.filter((key) => !keys.has(key)));
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
