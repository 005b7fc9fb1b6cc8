import { withoutMachine } from '../../domain/standard-mode/ledger-state.ts';
import { isBusy } from '../decide/plan-machine.ts';
import { type KnownMachine, leastMs } from './machine-book.ts';
import type { MachineState } from './machine-state.ts';
import type { WorkerDeps } from './worker-deps.ts';

export const pollMs = 3_000;
const slowPollMs = 15_000;
const slowAfterMs = 3 * 60_000;

/** Reads one machine, and notes that it is gone. */
export class MachineReader {
  readonly #state: MachineState;
  readonly #deps: Pick<WorkerDeps, 'book' | 'ledger' | 'onChange'>;

  constructor(state: MachineState, deps: Pick<WorkerDeps, 'book' | 'ledger' | 'onChange'>) {
    this.#state = state;
    this.#deps = deps;
  }

  /**
   * Reads until no operation runs there. Whatever list comes in for another machine's sake is looked at at once.
   * Undefined: the machine is gone.
   *
   * @param firstMs before the first read of its own
   */
  async untilIdle(signal: AbortSignal, firstMs = 0): Promise<KnownMachine | undefined> {
    const beganMs = this.#state.nowMs;
    let seenMs = Math.max(
      this.#state.readSinceMs,
      this.#deps.book.find(this.#state.id)?.readAtMs ?? Number.NEGATIVE_INFINITY,
    );
    let known: KnownMachine | undefined;
    let waitMs = firstMs;
    do {
      known = await this.#readAfter(seenMs, waitMs, signal);
      seenMs = known?.readAtMs ?? seenMs;
      this.#state.memory.isBusy = known !== undefined && isBusy(known.machine);
      waitMs = this.#state.nowMs - beganMs > slowAfterMs ? slowPollMs : pollMs;
    } while (this.#state.memory.isBusy);
    if (known === undefined) {
      await this.#gone(signal);
    }
    this.#deps.onChange(this.#state.id);
    return known;
  }

  /**
   * The machine as read after `seenMs`: by others within `waitMs`, else by a read of its own. Who waits anyhow waits
   * for the turn of its group: fifty machines that begin one after the other share a list every three seconds.
   */
  async #readAfter(seenMs: number, waitMs: number, signal: AbortSignal): Promise<KnownMachine | undefined> {
    const { book } = this.#deps;
    const { id, news } = this.#state;
    const turnMs = waitMs === 0 ? 0 : book.listedAtMs(id) + pollMs;
    const endsAtMs = Math.max(this.#state.nowMs + waitMs, turnMs);
    for (let leftMs = endsAtMs - this.#state.nowMs; leftMs > 0; leftMs = endsAtMs - this.#state.nowMs) {
      await news.wait(Math.max(1, leftMs), signal);
      const found = book.find(id);
      if (found !== undefined && found.readAtMs > seenMs) {
        return found;
      }
    }
    // One that is under way will do, and so will one that is sent now.
    return book.readSince(id, seenMs + leastMs, signal);
  }

  async read(signal: AbortSignal): Promise<void> {
    const known = await this.#deps.book.readSince(this.#state.id, this.#state.readSinceMs, signal);
    if (known === undefined) {
      await this.#gone(signal);
    }
    this.#deps.onChange(this.#state.id);
  }

  /** Whatever podid had put there is gone with the machine. */
  async #gone(signal: AbortSignal): Promise<void> {
    await this.#deps.ledger.edit((state) => withoutMachine(state, this.#state.id), signal);
    this.#state.markUnderWay([]);
    this.#state.fail('Azure has no such machine.');
  }
}
