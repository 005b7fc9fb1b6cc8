import type { PatchAnswer } from '../../arm/machines/patch-identities.ts';
import type { MachineFault } from '../../domain/azure/machine-fault.ts';
import type { IdentityPatch } from '../../domain/azure/machine-identities.ts';
import type { Machine } from '../../domain/azure/machines.ts';
import type { Operation } from '../../domain/azure/operation.ts';
import { ownedIn, withBegun, withSettled } from '../../domain/standard-mode/ledger-state.ts';
import { type Judgement, judgeMachineFault } from '../decide/judge-machine-fault.ts';
import { isBusy } from '../decide/plan-machine.ts';
import { LeadLost } from './ledger.ts';
import type { KnownMachine } from './machine-book.ts';
import type { MachineReader } from './machine-reader.ts';
import type { MachineState } from './machine-state.ts';
import type { PatchOutcome, PlannedChange, WorkerDeps } from './worker-deps.ts';

type Change = PlannedChange['plan'];

const firstPollMs = 2_000;
/** A machine without an eTag is read right before it is written. */
const untaggedReadMs = 5_000;

/** Changes one machine. */
export class MachineChange {
  readonly #state: MachineState;
  readonly #deps: WorkerDeps;
  readonly #reader: MachineReader;

  constructor(state: MachineState, deps: WorkerDeps, reader: MachineReader) {
    this.#state = state;
    this.#deps = deps;
    this.#reader = reader;
  }

  /**
   * Sends a change, follows it to its end, and learns from how it went.
   *
   * @param planned what is to be done by now: there may be a long wait for its turn, after which an identity may be
   * needed again that was to go
   */
  async send(planned: () => PlannedChange | undefined, signal: AbortSignal): Promise<void> {
    const first = planned();
    if (first === undefined || this.#isTooOld(first.known)) {
      return;
    }
    const { budget } = this.#deps;
    const machine = { id: this.#state.id, kind: first.known.machine.kind };
    const answered = await budget.take(machine, () => namesIn(planned() ?? first), signal);
    try {
      const now = planned();
      if (now !== undefined && !this.#isTooOld(now.known)) {
        await this.#sendPlanned(now, answered, signal);
      }
    } finally {
      answered();
    }
  }

  /** Without an eTag nothing says that the machine is as it was read: it is read again. */
  #isTooOld({ machine, readAtMs }: KnownMachine): boolean {
    const isTooOld = machine.eTag === undefined && this.#state.nowMs - readAtMs > untaggedReadMs;
    if (isTooOld) {
      this.#state.readAnew();
    }
    return isTooOld;
  }

  async #sendPlanned(
    { known, plan }: PlannedChange,
    answered: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { id } = this.#state;
    const lower = { add: plan.add.map(lowerCase), remove: plan.remove.map(lowerCase) };
    const putBack = lower.add.filter((key) => this.#state.memory.takenOff.delete(key)).length;
    const beganMs = this.#state.nowMs;
    let judgement: PatchOutcome['judgement'] = 'unknown';
    try {
      await this.#begin(lower, signal);
      const left = ownedIn(this.#deps.ledger.state, id);
      if (lower.remove.every((key) => left.has(key))) {
        judgement = await this.#sendNow(known, plan, { answered, signal });
      } else {
        // Somebody has taken it over, which the ledger told with this very write.
        await this.#leaveUndone(lower.add, signal);
      }
    } finally {
      this.#deps.onPatched({ machineId: id, ...lower, putBack, judgement, ms: this.#state.nowMs - beganMs });
    }
  }

  /** Nothing is sent that the ledger does not know of. */
  async #begin(
    change: { readonly add: readonly string[]; readonly remove: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    this.#state.markUnderWay([...change.add, ...change.remove]);
    this.#state.answeredAtMs = Number.POSITIVE_INFINITY;
    try {
      await this.#deps.ledger.edit((state) => withBegun(state, this.#state.id, change), signal);
    } catch (error) {
      this.#state.markUnderWay([]);
      throw error;
    }
  }

  /** @returns how it went; what Azure may have done without saying so is read back */
  async #sendNow(
    { machine }: KnownMachine,
    { add, remove, identity }: Change,
    { answered, signal }: { answered(): void; readonly signal: AbortSignal },
  ): Promise<PatchOutcome['judgement']> {
    const { book, ledger } = this.#deps;
    const sent = add.map(lowerCase);
    if (!this.#deps.mayWrite()) {
      ledger.disown(this.#state.id, sent);
      throw new LeadLost('The lease was not renewed in time.');
    }
    const answer = await this.#patch(machine, identity, signal);
    answered();
    if (answer.kind === 'refused' && isDoubtful(answer.fault)) {
      // Azure may have done it all the same, and then it is podid's.
      const after = await this.settle(signal);
      if (shows(after, { add, remove })) {
        this.#state.memory.trouble = undefined;
        return 'done';
      }
      return this.#learn(judgeMachineFault(answer.fault, sent), sent, remove.length);
    }
    if (answer.kind === 'refused') {
      // Nothing was done: what was known before is as true as it was.
      this.#state.readSinceMs = Number.NEGATIVE_INFINITY;
      await this.#leaveUndone(sent, signal);
      return this.#learn(judgeMachineFault(answer.fault, sent), sent, remove.length);
    }
    book.note(this.#state.id, answer.machine);
    this.#state.look();
    const isDone = answer.operation === undefined && !isBusy(answer.machine);
    const after = await this.settle(signal, isDone ? undefined : firstPollMs);
    const failed = await this.#failureOf(after, { add, remove, operation: answer.operation }, signal);
    if (failed === undefined) {
      this.#state.memory.trouble = undefined;
      return 'done';
    }
    return this.#learn(judgeMachineFault(failed, sent), sent, remove.length);
  }

  /** From then on nothing that was read before says what the machine carries, nor does what is read meanwhile. */
  async #patch(machine: Machine, identity: IdentityPatch, signal: AbortSignal): Promise<PatchAnswer> {
    this.#state.readAnew();
    try {
      return await this.#deps.api.patch(machine, identity, signal);
    } finally {
      this.#state.readAnew();
      this.#state.answeredAtMs = this.#state.readSinceMs;
    }
  }

  /** Asks how the operation ended, where the machine does not show what was asked for. */
  async #failureOf(
    after: KnownMachine | undefined,
    change: Pick<Change, 'add' | 'remove'> & { readonly operation: Operation | undefined },
    signal: AbortSignal,
  ) {
    if (shows(after, change)) {
      return undefined;
    }
    const end = change.operation && (await this.#deps.api.follow(change.operation, signal));
    const { code = '', message = 'Azure accepted the change, and the machine does not show it.' } =
      end?.error ?? {};
    return { status: 0, code, message, innermost: { code, message } };
  }

  #learn(judgement: Judgement, add: readonly string[], removals: number): Judgement['kind'] {
    const { clock, budget, ownerOf } = this.#deps;
    this.#state.memory.learn(
      judgement,
      { add, removals, ownerOf: (key) => ownerOf(this.#state.id, key) },
      { nowMs: this.#state.nowMs, random: clock.random() },
    );
    if (['busy', 'stale', 'gone'].includes(judgement.kind)) {
      this.#state.readAnew();
    }
    if (judgement.kind === 'throttled' && judgement.whom === 'all') {
      budget.pauseAll(judgement.waitMs);
    }
    this.#deps.onChange(this.#state.id);
    return judgement.kind;
  }

  /** Waits until the machine is idle after a change, and writes down what podid has there. */
  async settle(signal: AbortSignal, firstMs = 0): Promise<KnownMachine | undefined> {
    const known = await this.#reader.untilIdle(signal, firstMs);
    if (known !== undefined) {
      this.#state.judge(known);
      await this.#end(signal);
      this.#state.memory.noteCarried(known.keys);
    }
    return known;
  }

  /** Nothing was added: should it be there all the same, others have put it there. */
  async #leaveUndone(add: readonly string[], signal: AbortSignal): Promise<void> {
    this.#deps.ledger.disown(this.#state.id, add);
    await this.#end(signal);
  }

  async #end(signal: AbortSignal): Promise<void> {
    this.#state.look();
    await this.#deps.ledger.edit((state) => withSettled(state, this.#state.id), signal);
    this.#state.markUnderWay([]);
  }
}

/** Whether the machine is as the change was to leave it. */
function shows(machine: KnownMachine | undefined, { add, remove }: Pick<Change, 'add' | 'remove'>): boolean {
  const isThere = (id: string) => machine?.keys.has(lowerCase(id)) === true;
  return machine !== undefined && add.every(isThere) && !remove.some(isThere);
}

/** Nothing says whether a request that ended so was done. */
function isDoubtful({ status }: MachineFault): boolean {
  return status === 408 || status >= 500;
}

function namesIn({ plan }: PlannedChange): number {
  return plan.add.length + plan.remove.length;
}

function lowerCase(id: string): string {
  return id.toLowerCase();
}
