import { entryOf, ownedIn } from '../../domain/standard-mode/ledger-state.ts';
import { jittered } from '../../domain/time/backoff.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { createWake } from '../../runtime/wake.ts';
import { type MachinePlan, planMachine } from '../decide/plan-machine.ts';
import { LeadLost } from './ledger.ts';
import { MachineChange } from './machine-change.ts';
import type { MachineMemory } from './machine-memory.ts';
import { MachineReader, pollMs } from './machine-reader.ts';
import { MachineState } from './machine-state.ts';
import type { PlannedChange, WorkerDeps } from './worker-deps.ts';

/** Before anything else the ledger is told what is not podid's any more. */
interface TellingLedger {
  readonly kind: 'tell-ledger';
}

/** Without the ledger nothing can be done to any machine. */
const ledgerAgainMs = 5_000;
/** What wants come within so long go with one change. */
const gatherMs = 500;

/** Sees to one machine: one change at a time, each followed to its end; meanwhile wants gather for the next. */
export class MachineWorker {
  readonly id: string;
  readonly #deps: WorkerDeps;
  readonly #state: MachineState;
  readonly #reader: MachineReader;
  readonly #change: MachineChange;
  readonly #wake;
  #wanted: ReadonlyMap<string, string> = new Map();

  constructor(id: string, deps: WorkerDeps) {
    this.id = id;
    this.#deps = deps;
    this.#state = new MachineState(id, deps);
    this.#reader = new MachineReader(this.#state, deps);
    this.#change = new MachineChange(this.#state, deps, this.#reader);
    this.#wake = createWake(deps.clock);
  }

  get memory(): MachineMemory {
    return this.#state.memory;
  }

  /** By key, ids as somebody wrote them. */
  set wanted(wanted: ReadonlyMap<string, string>) {
    this.#wanted = wanted;
    this.wake();
  }

  get isNeeded(): boolean {
    const { ledger } = this.#deps;
    return this.#wanted.size > 0 || entryOf(ledger.state, this.id) !== undefined || ledger.isBehind(this.id);
  }

  /** Whether the identity is being put there or taken away. */
  isUnderWay(key: string): boolean {
    return this.#state.isUnderWay(key);
  }

  wake(): void {
    this.#wake.call();
  }

  /** The machine was read. */
  hear(): void {
    this.#state.look();
    this.#state.news.call();
    this.wake();
  }

  /** Keys that would be removed now but for the look twice. */
  get due(): readonly string[] {
    const { ledger, removalDelayMs, clock } = this.#deps;
    const found = this.#deps.book.find(this.id);
    if (removalDelayMs === undefined || found === undefined) {
      return [];
    }
    const owned = ownedIn(ledger.state, this.id);
    return [...this.memory.unneededSince].flatMap(([key, sinceMs]) => {
      const isDue = owned.has(key) && found.keys.has(key) && clock.monotonic() - sinceMs >= removalDelayMs;
      return isDue && !this.#deps.isProtected(key, found.machine) ? [key] : [];
    });
  }

  /** Never rejects; ends with the signal. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#step(signal);
      } catch (error) {
        if (signal.aborted) {
          return;
        }
        this.#stumble(error);
      }
    }
  }

  async #step(signal: AbortSignal): Promise<void> {
    const plan = this.#plan();
    switch (plan.kind) {
      case 'settle':
        await this.#change.settle(signal);
        break;
      case 'tell-ledger':
        await this.#tellLedger(signal);
        break;
      case 'wait':
        // Nothing is left that could be in trouble.
        this.memory.trouble = undefined;
        await this.#waitUntil(plan.untilMs, signal);
        break;
      case 'paused':
        await this.#waitUntil(plan.untilMs, signal);
        break;
      case 'read':
        await this.#reader.read(signal);
        break;
      case 'busy':
        await this.#reader.untilIdle(signal, pollMs);
        break;
      case 'being-deleted':
        this.#state.readAnew();
        this.#state.fail('The machine is being deleted.');
        break;
      case 'change':
        await this.#deps.clock.sleep(gatherMs, signal);
        await this.#change.send(() => this.#plannedChange(), signal);
    }
  }

  #plan(): MachinePlan | { readonly kind: 'settle' } | TellingLedger {
    const { memory } = this;
    this.#state.look();
    if (this.#deps.ledger.isBehind(this.id)) {
      return { kind: 'tell-ledger' };
    }
    const { ledger, isKept, isProtected, knowsNeeds, mayRemove, ownerOf, removalDelayMs } = this.#deps;
    const notBeforeMs = memory.trouble?.untilMs ?? Number.NEGATIVE_INFINITY;
    if (entryOf(ledger.state, this.id)?.doing !== undefined) {
      return notBeforeMs > this.#state.nowMs ? { kind: 'paused', untilMs: notBeforeMs } : { kind: 'settle' };
    }
    const known = this.#state.known();
    const owned = ownedIn(ledger.state, this.id);
    const isNeeded = (key: string) => !knowsNeeds() || this.#wanted.has(key) || isKept(key);
    memory.noteTakenOff((key) => isNeeded(key) && known?.keys.has(key) !== true);
    memory.noteUnneeded(owned, isNeeded, this.#state.nowMs);
    return planMachine({
      machine: known?.machine,
      wanted: this.#wanted,
      isKept,
      owned,
      unneededSince: memory.unneededSince,
      removalDelayMs,
      isProtected: (key) => known === undefined || isProtected(key, known.machine),
      mayRemove: (key) => mayRemove(this.id, key),
      refusedUntil: new Map([...memory.refused].map(([key, { untilMs }]) => [key, untilMs])),
      groups: memory.groups,
      ownerOf: (key) => ownerOf(this.id, key),
      notBeforeMs,
      nowMs: this.#state.nowMs,
    });
  }

  /** What pods need is put there again by the next change, and is podid's from then on. */
  async #tellLedger(signal: AbortSignal): Promise<void> {
    const { ledger, clock } = this.#deps;
    try {
      await ledger.edit((state) => state, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#stumble(error);
      await clock.sleep(jittered(ledgerAgainMs, clock.random()), signal);
    }
  }

  /** What came in while it gathered goes along; what is not needed any more does not. */
  #plannedChange(): PlannedChange | undefined {
    const plan = this.#plan();
    const known = this.#state.known();
    return plan.kind === 'change' && known !== undefined ? { known, plan } : undefined;
  }

  #stumble(error: unknown): void {
    if (error instanceof LeadLost) {
      this.#deps.onLeadLost();
    }
    const message = error instanceof Error ? error.message : String(error);
    if (isPodidError(error) && error.retryAfterMs !== undefined) {
      this.memory.pause(message, this.#state.nowMs, error.retryAfterMs);
      this.#deps.onChange(this.id);
    } else {
      this.#state.fail(message);
    }
  }

  async #waitUntil(atMs: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#wake.wait(atMs === undefined ? undefined : Math.max(1, atMs - this.#state.nowMs), signal);
  }
}
