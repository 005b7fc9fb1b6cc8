import { backoffMs, doubledMs } from '../../domain/time/backoff.ts';
import type { Judgement } from '../decide/judge-machine-fault.ts';

/** Why a machine, or one identity on it, is not as it should be. */
export interface Trouble {
  readonly message: string;
  readonly failures: number;
  /** When it is tried again; monotonic milliseconds. */
  readonly untilMs: number;
}

interface RefusedIdentity extends Trouble {
  /** Monotonic milliseconds. */
  readonly refusedAtMs: number;
}

/** A change that was refused. */
export interface SentChange {
  /** Keys of the identities that it was to add. */
  readonly add: readonly string[];
  /** How many it was to take away. */
  readonly removals: number;
  /** Whose an identity is, as `WorkerDeps` has it. */
  ownerOf(key: string): string;
}

interface Moment {
  /** Monotonic. */
  readonly nowMs: number;
  readonly random: number;
}

/** Azure may ask for no pause at all. */
const leastPauseMs = 1_000;
const refusedPauses = { firstMs: 60_000, mostMs: 30 * 60_000 };
const transientPauses = { firstMs: 5_000, mostMs: 60_000 };

/**
 * What a leader has learnt of one machine by failing. It is lost with the leader: the next one tries each once.
 */
export class MachineMemory {
  /** Keys of identities that Azure refuses here. */
  readonly refused = new Map<string, RefusedIdentity>();
  readonly unneededSince = new Map<string, number>();
  /** What podid had put there and others have taken off, as long as it is needed and not there again. */
  readonly takenOff = new Set<string>();
  groups: readonly (readonly string[])[] = [];
  trouble: Trouble | undefined;
  /** Another operation runs there. */
  isBusy = false;

  /**
   * Takes in what a refused change means. @param change keys that it was to add, and how many it was to remove
   */
  learn(judgement: Judgement, change: SentChange, { nowMs, random }: Moment): void {
    switch (judgement.kind) {
      case 'busy':
        this.fail('Another operation is running on the machine.', { nowMs, random });
        break;
      case 'throttled':
        this.pause('Azure asks podid to wait.', nowMs, judgement.waitMs);
        break;
      case 'bad-identities':
        this.#learnBad(judgement, change, nowMs);
        break;
      case 'forbidden':
        this.#forbid(judgement.message, nowMs);
        break;
      case 'transient':
        this.fail(judgement.message, { nowMs, random });
        break;
      default:
    }
  }

  fail(message: string, { nowMs, random }: Moment): void {
    this.pause(message, nowMs, backoffMs(transientPauses, this.#failures + 1, random));
  }

  /** A shorter pause does not end a longer one. */
  pause(message: string, nowMs: number, ms: number): void {
    const untilMs = Math.max(this.trouble?.untilMs ?? nowMs, nowMs + Math.max(leastPauseMs, ms));
    this.trouble = { message, failures: this.#failures + 1, untilMs };
  }

  /** Nobody can say when a right is given: it is tried again from time to time. */
  #forbid(message: string, nowMs: number): void {
    this.pause(message, nowMs, doubledMs(refusedPauses, this.#failures + 1));
  }

  #learnBad(
    { keys, message }: Extract<Judgement, { kind: 'bad-identities' }>,
    { add, removals, ownerOf }: SentChange,
    nowMs: number,
  ): void {
    if (keys.length > 0 || add.length === 1) {
      this.refuse(keys.length > 0 ? keys : add, message, nowMs);
    } else if (add.length > 1) {
      this.split(add, ownerOf);
    } else if (removals > 0) {
      this.#forbid(message, nowMs);
    }
  }

  get #failures(): number {
    return this.trouble?.failures ?? 0;
  }

  refuse(keys: readonly string[], message: string, nowMs: number): void {
    for (const key of keys) {
      const failures = (this.refused.get(key)?.failures ?? 0) + 1;
      this.refused.set(key, {
        message,
        failures,
        untilMs: nowMs + doubledMs(refusedPauses, failures),
        refusedAtMs: nowMs,
      });
    }
    const named = new Set(keys);
    this.groups = this.groups.map((group) => group.filter((key) => !named.has(key)));
    this.#dropEmptyGroups();
  }

  /**
   * A change of these was refused for the sake of one of them that nobody names: those of each namespace are tried by
   * themselves, fewest first, and of one namespace halves. They wait behind the groups that there are.
   */
  split(keys: readonly string[], ownerOf: (key: string) => string): void {
    const owned = new Map<string, string[]>();
    for (const key of keys) {
      owned.set(ownerOf(key), [...(owned.get(ownerOf(key)) ?? []), key]);
    }
    const half = Math.ceil(keys.length / 2);
    const parts =
      owned.size > 1
        ? [...owned.values()].sort((one, other) => one.length - other.length)
        : [keys.slice(0, half), keys.slice(half)];
    const rest = this.groups.filter((group) => !group.some((key) => keys.includes(key)));
    this.groups = [...rest, ...parts];
    this.#dropEmptyGroups();
  }

  /** The machine is idle and was read: what it carries is not refused. */
  noteCarried(carried: ReadonlySet<string>): void {
    for (const key of carried) {
      this.refused.delete(key);
    }
    this.groups = this.groups.map((group) => group.filter((key) => !carried.has(key)));
    this.#dropEmptyGroups();
  }

  /**
   * Whatever was refused may be right now, and is tried again: at once where it was refused once, since most who change an
   * AzureIdentity have put it right, and later a minute after it was refused. So whoever changes one without end takes no
   * changes of the machine from others. @returns whether there was something to forgive
   */
  forgive(key: string): boolean {
    const trouble = this.refused.get(key);
    if (trouble === undefined) {
      return false;
    }
    const { failures, untilMs, refusedAtMs } = trouble;
    const forgivenMs = failures > 1 ? refusedAtMs + refusedPauses.firstMs : refusedAtMs;
    this.refused.set(key, { ...trouble, untilMs: Math.min(untilMs, forgivenMs) });
    return true;
  }

  /** Begins to count for what podid added and nobody needs; forgets what is needed again. */
  noteUnneeded(owned: ReadonlySet<string>, isNeeded: (key: string) => boolean, nowMs: number): void {
    for (const key of this.unneededSince.keys()) {
      if (!owned.has(key) || isNeeded(key)) {
        this.unneededSince.delete(key);
      }
    }
    for (const key of owned) {
      if (!isNeeded(key) && !this.unneededSince.has(key)) {
        this.unneededSince.set(key, nowMs);
      }
    }
  }

  /** Forgets what others took off once it is there again, or nobody needs it. */
  noteTakenOff(isLacking: (key: string) => boolean): void {
    for (const key of this.takenOff) {
      if (!isLacking(key)) {
        this.takenOff.delete(key);
      }
    }
  }

  #dropEmptyGroups(): void {
    this.groups = this.groups.filter((group) => group.length > 0);
  }
}
