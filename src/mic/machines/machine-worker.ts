import type { Machine } from '../../domain/azure/machines.ts';
import type { Operation } from '../../domain/azure/operation.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { createWake } from '../../runtime/wake.ts';
import { type Judgement, judgeMachineFault } from '../decide/judge-machine-fault.ts';
import { entryOf, ownedIn, withBegun, withoutMachine, withSettled } from '../decide/ledger-state.ts';
import { isBusy, type MachinePlan, planMachine } from '../decide/plan-machine.ts';
import { LeadLost, type Ledger } from './ledger.ts';
import type { MachineApi } from './machine-api.ts';
import type { KnownMachine, MachineBook } from './machine-book.ts';
import { MachineMemory } from './machine-memory.ts';
import type { WriteBudget } from './write-budget.ts';

export interface WorkerDeps {
  readonly api: Pick<MachineApi, 'patch' | 'follow'>;
  readonly book: MachineBook;
  readonly ledger: Ledger;
  readonly budget: WriteBudget;
  readonly clock: Clock;
  /** False from the moment on at which somebody else may lead. */
  mayWrite(): boolean;
  isKept(key: string): boolean;
  isProtected(key: string, machine: Machine): boolean;
  mayRemove(machineId: string, key: string): boolean;
  readonly removalDelayMs: number | undefined;
  /** Something that assignments show has changed. */
  onChange(machineId: string): void;
  onLeadLost(): void;
  onPatched(outcome: PatchOutcome): void;
}

export interface PatchOutcome {
  readonly machineId: string;
  readonly add: readonly string[];
  readonly remove: readonly string[];
  /** How many of those to add podid had put there before: others have taken them off. */
  readonly putBack: number;
  readonly judgement: 'done' | Judgement['kind'] | 'unknown';
  readonly ms: number;
}

type Change = Extract<MachinePlan, { kind: 'change' }>;

/** What wants come within so long go with one change. */
const gatherMs = 500;
const firstPollMs = 1_000;
const pollMs = 3_000;
const slowPollMs = 15_000;
const slowAfterMs = 3 * 60_000;
/** A machine without an eTag is read right before it is written. */
const untaggedReadMs = 5_000;

/** Sees to one machine: one change at a time, each followed to its end; meanwhile wants gather for the next. */
export class MachineWorker {
  readonly id: string;
  readonly memory = new MachineMemory();
  readonly #deps: WorkerDeps;
  readonly #wake;
  #wanted: ReadonlyMap<string, string> = new Map();
  /** Keys of a change that is under way, or that an earlier leader has left. */
  #underWay: ReadonlySet<string>;
  /** Reads from before this moment do not count. */
  #readSinceMs = Number.NEGATIVE_INFINITY;

  constructor(id: string, deps: WorkerDeps) {
    this.id = id;
    this.#deps = deps;
    this.#wake = createWake(deps.clock);
    const doing = entryOf(deps.ledger.state, id)?.doing;
    this.#underWay = new Set([...(doing?.add ?? []), ...(doing?.remove ?? [])]);
    if (doing !== undefined) {
      this.#readSinceMs = deps.clock.monotonic();
    }
  }

  /** By key, ids as somebody wrote them. */
  set wanted(wanted: ReadonlyMap<string, string>) {
    this.#wanted = wanted;
    this.wake();
  }

  get isNeeded(): boolean {
    return this.#wanted.size > 0 || entryOf(this.#deps.ledger.state, this.id) !== undefined;
  }

  /** Whether the identity is being put there or taken away. */
  isUnderWay(key: string): boolean {
    return this.#underWay.has(key);
  }

  wake(): void {
    this.#wake.call();
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
        await this.#settle(signal);
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
        await this.#read(signal);
        break;
      case 'busy':
        await this.#untilIdle(signal, pollMs);
        break;
      case 'being-deleted':
        this.#readSinceMs = this.#now;
        this.#fail('The machine is being deleted.');
        break;
      case 'change':
        await this.#deps.clock.sleep(gatherMs, signal);
        await this.#changeNow(signal);
    }
  }

  #plan(): MachinePlan | { readonly kind: 'settle' } {
    const { memory } = this;
    const { ledger, isKept, isProtected, mayRemove, removalDelayMs } = this.#deps;
    const notBeforeMs = memory.trouble?.untilMs ?? Number.NEGATIVE_INFINITY;
    if (entryOf(ledger.state, this.id)?.doing !== undefined) {
      return notBeforeMs > this.#now ? { kind: 'paused', untilMs: notBeforeMs } : { kind: 'settle' };
    }
    const known = this.#known();
    const owned = ownedIn(ledger.state, this.id);
    memory.noteUnneeded(owned, (key) => this.#wanted.has(key) || isKept(key), this.#now);
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
      notBeforeMs,
      nowMs: this.#now,
    });
  }

  async #changeNow(signal: AbortSignal): Promise<void> {
    const plan = this.#plan();
    const known = this.#known();
    if (plan.kind !== 'change' || known === undefined) {
      return;
    }
    if (known.machine.eTag === undefined && this.#now - known.readAtMs > untaggedReadMs) {
      this.#readSinceMs = this.#now;
      return;
    }
    const { budget, ledger } = this.#deps;
    const names = plan.add.length + plan.remove.length;
    const answered = await budget.take({ id: this.id, kind: known.machine.kind }, names, signal);
    const lower = { add: plan.add.map(lowerCase), remove: plan.remove.map(lowerCase) };
    this.#markUnderWay([...lower.add, ...lower.remove]);
    const beganMs = this.#now;
    const owned = ownedIn(ledger.state, this.id);
    const putBack = lower.add.filter((key) => owned.has(key)).length;
    let judgement: PatchOutcome['judgement'] = 'unknown';
    try {
      await ledger.edit((state) => withBegun(state, this.id, lower), signal);
      judgement = await this.#send(known, plan, { answered, signal });
    } finally {
      answered();
      this.#deps.onPatched({ machineId: this.id, ...lower, putBack, judgement, ms: this.#now - beganMs });
    }
  }

  /** @returns how it went; what Azure may have done without saying so is read back */
  async #send(
    { machine, keys }: KnownMachine,
    { add, remove, identity }: Change,
    { answered, signal }: { answered(): void; readonly signal: AbortSignal },
  ): Promise<PatchOutcome['judgement']> {
    const { api, book } = this.#deps;
    if (!this.#deps.mayWrite()) {
      throw new LeadLost('The lease was not renewed in time.');
    }
    // From now on nothing that was read before says what the machine carries.
    this.#readSinceMs = this.#now;
    const answer = await api.patch(machine, identity, signal);
    answered();
    const sent = add.map(lowerCase);
    if (answer.kind === 'refused') {
      // Nothing was done: what was known before is as true as it was.
      this.#readSinceMs = Number.NEGATIVE_INFINITY;
      await this.#end(keys, signal);
      return this.#learn(judgeMachineFault(answer.fault, sent), sent, remove.length);
    }
    book.note(this.id, answer.machine);
    const isDone = answer.operation === undefined && !isBusy(answer.machine);
    const after = await this.#settle(signal, isDone ? undefined : firstPollMs);
    const failed = await this.#failureOf(after, { add, remove, operation: answer.operation }, signal);
    if (failed === undefined) {
      this.memory.trouble = undefined;
      return 'done';
    }
    return this.#learn(judgeMachineFault(failed, sent), sent, remove.length);
  }

  /** Asks how the operation ended, where the machine does not show what was asked for. */
  async #failureOf(
    after: KnownMachine | undefined,
    change: Pick<Change, 'add' | 'remove'> & { readonly operation: Operation | undefined },
    signal: AbortSignal,
  ) {
    const isThere = (id: string) => after?.keys.has(lowerCase(id)) === true;
    if (after !== undefined && change.add.every(isThere) && !change.remove.some(isThere)) {
      return undefined;
    }
    const end = change.operation && (await this.#deps.api.follow(change.operation, signal));
    const { code = '', message = 'Azure accepted the change, and the machine does not show it.' } =
      end?.error ?? {};
    return { status: 0, code, message, innermost: { code, message } };
  }

  #learn(judgement: Judgement, add: readonly string[], removals: number): Judgement['kind'] {
    const { clock, budget } = this.#deps;
    this.memory.learn(judgement, { add, removals }, { nowMs: this.#now, random: clock.random() });
    if (['busy', 'stale', 'gone'].includes(judgement.kind)) {
      this.#readSinceMs = this.#now;
    }
    if (judgement.kind === 'throttled' && judgement.whom === 'all') {
      budget.pauseAll(judgement.waitMs);
    }
    this.#deps.onChange(this.id);
    return judgement.kind;
  }

  /** Waits until the machine is idle after a change, and writes down what podid has there. */
  async #settle(signal: AbortSignal, firstMs = 0): Promise<KnownMachine | undefined> {
    const known = await this.#untilIdle(signal, firstMs);
    await this.#end(known?.keys ?? new Set(), signal);
    return known;
  }

  async #end(carried: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    await this.#deps.ledger.edit((state) => withSettled(state, this.id, carried), signal);
    this.memory.noteCarried(carried);
    this.#markUnderWay([]);
  }

  /**
   * Reads until no operation runs there. Undefined: the machine is gone. @param firstMs before the first read,
   * which then shows what has happened since
   */
  async #untilIdle(signal: AbortSignal, firstMs = 0): Promise<KnownMachine | undefined> {
    const { book, clock } = this.#deps;
    const beganMs = this.#now;
    let known: KnownMachine | undefined;
    for (let waitMs = firstMs; ; waitMs = this.#now - beganMs > slowAfterMs ? slowPollMs : pollMs) {
      if (waitMs > 0) {
        await clock.sleep(waitMs, signal);
      }
      // A list that another worker's poll has asked for is new enough.
      known = await book.readSince(this.id, Math.max(this.#readSinceMs, this.#now - waitMs / 2), signal);
      this.memory.isBusy = known !== undefined && isBusy(known.machine);
      if (known === undefined || !this.memory.isBusy) {
        break;
      }
    }
    if (known === undefined) {
      await this.#gone(signal);
    }
    this.#deps.onChange(this.id);
    return known;
  }

  async #read(signal: AbortSignal): Promise<void> {
    const known = await this.#deps.book.readSince(this.id, this.#readSinceMs, signal);
    if (known === undefined) {
      await this.#gone(signal);
    }
    this.#deps.onChange(this.id);
  }

  /** Whatever podid had put there is gone with the machine. */
  async #gone(signal: AbortSignal): Promise<void> {
    await this.#deps.ledger.edit((state) => withoutMachine(state, this.id), signal);
    this.#markUnderWay([]);
    this.#fail('Azure has no such machine.');
  }

  #stumble(error: unknown): void {
    if (error instanceof LeadLost) {
      this.#deps.onLeadLost();
    }
    const message = error instanceof Error ? error.message : String(error);
    if (isPodidError(error) && error.retryAfterMs !== undefined) {
      this.memory.pause(message, this.#now, error.retryAfterMs);
      this.#deps.onChange(this.id);
    } else {
      this.#fail(message);
    }
  }

  #fail(message: string): void {
    this.memory.fail(message, { nowMs: this.#now, random: this.#deps.clock.random() });
    this.#deps.onChange(this.id);
  }

  async #waitUntil(atMs: number | undefined, signal: AbortSignal): Promise<void> {
    await this.#wake.wait(atMs === undefined ? undefined : Math.max(1, atMs - this.#now), signal);
  }

  #known(): KnownMachine | undefined {
    const found = this.#deps.book.find(this.id);
    return found !== undefined && found.readAtMs >= this.#readSinceMs ? found : undefined;
  }

  #markUnderWay(keys: readonly string[]): void {
    this.#underWay = new Set(keys);
    this.#deps.onChange(this.id);
  }

  get #now(): number {
    return this.#deps.clock.monotonic();
  }
}

function lowerCase(id: string): string {
  return id.toLowerCase();
}
