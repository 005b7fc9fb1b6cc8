import {
  emptyLedger,
  type LedgerState,
  ownedIn,
  withOwnedIn,
  withoutOwned,
} from '../../domain/standard-mode/ledger-state.ts';

/** Where the ledger is kept: one object with a version. */
export interface LedgerStore {
  /** Undefined where there is none. */
  read(signal: AbortSignal): Promise<StoredLedger | undefined>;
  /**
   * @param version of what is replaced; undefined creates it @returns the new version; `conflict` where it is
   * another one by now, `missing` where nothing is there
   */
  write(state: LedgerState, version: string | undefined, signal: AbortSignal): Promise<LedgerWrite>;
}

export interface StoredLedger {
  readonly state: LedgerState;
  readonly version: string;
}

export type LedgerWrite = { readonly version: string } | 'conflict' | 'missing';

/** Somebody else leads by now: nothing may be written any more. */
export class LeadLost extends Error {
  override readonly name = 'LeadLost';
}

/** What podid put where. Every edit is stored before `edit` resolves; edits at the same time share a write. */
export interface Ledger {
  /** What is stored, without what was disowned since. */
  readonly state: LedgerState;
  edit(change: (state: LedgerState) => LedgerState, signal: AbortSignal): Promise<void>;
  /**
   * These are not podid's any more. It counts at once, also while the ledger cannot be written, and is stored with the
   * next edit.
   *
   * @param keys ids of identities in lower case
   */
  disown(machineId: string, keys: readonly string[]): void;
  /** Whether something that was disowned there is not stored yet. */
  isBehind(machineId: string): boolean;
}

interface Disowned {
  readonly machineId: string;
  readonly key: string;
}

/**
 * What this process has disowned and not stored yet. It outlives a lead: an API server that is away ends the lead first.
 * Whoever leads in between cannot know of it; what it put there again is left there, rather than what others put there
 * is taken away.
 */
export type NotStored = Set<Disowned>;

/**
 * Reads the ledger and writes it back with the next epoch, by which whoever led before finds out.
 *
 * @throws LeadLost where another leader does the same at this moment; what the store throws
 */
export async function openLedger(
  store: LedgerStore,
  notStored: NotStored,
  signal: AbortSignal,
): Promise<Ledger> {
  const found = await store.read(signal);
  const before = found?.state ?? emptyLedger;
  const state = without(notStored, { ...before, epoch: before.epoch + 1 });
  const written = await store.write(state, found?.version, signal);
  if (typeof written === 'string') {
    throw new LeadLost('Another leader opened the ledger at the same time.');
  }
  notStored.clear();
  return new SharedLedger(store, { state, version: written.version }, notStored);
}

function without(disowned: Iterable<Disowned>, state: LedgerState): LedgerState {
  return [...disowned].reduce(
    (before, { machineId, key }) => withoutOwned(before, [machineId], [key]),
    state,
  );
}

interface Edit {
  readonly change: (state: LedgerState) => LedgerState;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

class SharedLedger implements Ledger {
  state: LedgerState;
  readonly #store: LedgerStore;
  readonly #notStored: NotStored;
  #version: string | undefined;
  #waiting: Edit[] = [];
  #writing = false;

  constructor(store: LedgerStore, { state, version }: StoredLedger, notStored: NotStored) {
    this.#store = store;
    this.state = state;
    this.#version = version;
    this.#notStored = notStored;
  }

  disown(machineId: string, keys: readonly string[]): void {
    const owned = ownedIn(this.state, machineId);
    const disowned = keys.filter((key) => owned.has(key)).map((key) => ({ machineId, key }));
    for (const each of disowned) {
      this.#notStored.add(each);
    }
    this.state = without(disowned, this.state);
  }

  isBehind(machineId: string): boolean {
    return [...this.#notStored].some((each) => each.machineId === machineId);
  }

  edit(change: Edit['change'], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ change, done: resolve, failed: reject });
      if (!this.#writing) {
        void this.#writeAll(signal);
      }
    });
  }

  async #writeAll(signal: AbortSignal): Promise<void> {
    this.#writing = true;
    while (this.#waiting.length > 0) {
      const edits = this.#waiting.splice(0);
      try {
        await this.#write(edits, signal);
        for (const { done } of edits) {
          done();
        }
      } catch (error) {
        for (const { failed } of edits) {
          failed(error);
        }
      }
    }
    this.#writing = false;
  }

  async #write(edits: readonly Edit[], signal: AbortSignal): Promise<void> {
    const apply = () => edits.reduce((state, { change }) => change(state), this.state);
    const next = apply();
    const disowned = [...this.#notStored];
    if (next === this.state && disowned.length === 0) {
      return;
    }
    const written = await this.#store.write(next, this.#version, signal);
    if (typeof written !== 'string') {
      this.#stored(next, written.version, disowned);
      return;
    }
    // Somebody took it away, or touched it: what this leader knows of its own epoch is still right.
    const found = await this.#store.read(signal);
    if (found !== undefined && found.state.epoch !== this.state.epoch) {
      throw new LeadLost('Another leader has opened the ledger.');
    }
    // What somebody took out of it is not podid's any more.
    this.state = found === undefined ? this.state : withOwnedIn(this.state, found.state);
    const anew = apply();
    const disownedByNow = [...this.#notStored];
    const again = await this.#store.write(anew, found?.version, signal);
    if (typeof again === 'string') {
      throw new Error('The ledger changes at every attempt to write it.');
    }
    this.#stored(anew, again.version, disownedByNow);
  }

  /** What was disowned while it was written is not in it yet. */
  #stored(state: LedgerState, version: string, disowned: readonly Disowned[]): void {
    this.#version = version;
    for (const each of disowned) {
      this.#notStored.delete(each);
    }
    this.state = without(this.#notStored, state);
  }
}
