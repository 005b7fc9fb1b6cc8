import { emptyLedger, type LedgerState, withOwnedIn } from '../../domain/standard-mode/ledger-state.ts';

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
  readonly state: LedgerState;
  edit(change: (state: LedgerState) => LedgerState, signal: AbortSignal): Promise<void>;
}

/**
 * Reads the ledger and writes it back with the next epoch, by which whoever led before finds out.
 *
 * @throws LeadLost where another leader does the same at this moment; what the store throws
 */
export async function openLedger(store: LedgerStore, signal: AbortSignal): Promise<Ledger> {
  const found = await store.read(signal);
  const before = found?.state ?? emptyLedger;
  const state = { ...before, epoch: before.epoch + 1 };
  const written = await store.write(state, found?.version, signal);
  if (typeof written === 'string') {
    throw new LeadLost('Another leader opened the ledger at the same time.');
  }
  return new SharedLedger(store, state, written.version);
}

interface Edit {
  readonly change: (state: LedgerState) => LedgerState;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

class SharedLedger implements Ledger {
  state: LedgerState;
  readonly #store: LedgerStore;
  #version: string | undefined;
  #waiting: Edit[] = [];
  #writing = false;

  constructor(store: LedgerStore, state: LedgerState, version: string) {
    this.#store = store;
    this.state = state;
    this.#version = version;
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
    if (next === this.state) {
      return;
    }
    const written = await this.#store.write(next, this.#version, signal);
    if (typeof written !== 'string') {
      this.#version = written.version;
      this.state = next;
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
    const again = await this.#store.write(anew, found?.version, signal);
    if (typeof again === 'string') {
      throw new Error('The ledger changes at every attempt to write it.');
    }
    this.#version = again.version;
    this.state = anew;
  }
}
