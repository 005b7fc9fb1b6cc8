import type { Clock } from '../../domain/time/clock.ts';
import { limitTime } from '../../domain/time/time-limit.ts';
import type { ElectionTimes } from './election-times.ts';
import type { LeaseApi, LeaseRecord, StoredLease } from './lease-api.ts';

export interface OwnLeaseDeps {
  readonly lease: LeaseApi;
  readonly clock: Clock;
  /** Who this process is; no other one has the same. */
  readonly identity: string;
  readonly times: ElectionTimes;
}

/** The lease, as one process sees, takes, renews and gives it back. Time is always this process's own. */
export class OwnLease {
  /** Who holds it, as it was last read; empty where nobody does. */
  holder = '';
  readonly #deps: OwnLeaseDeps;
  /** What the lease said, and since when. */
  #seen: { readonly text: string; readonly sinceMs: number } | undefined;
  #held: StoredLease | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: OwnLeaseDeps) {
    this.#deps = deps;
  }

  /** Nobody else can hold it yet. */
  get isInTime(): boolean {
    return this.#deps.clock.monotonic() - this.#renewedAtMs < this.#deps.times.deadlineMs;
  }

  /** @returns what is there, and whether this process may take it */
  async look(
    signal: AbortSignal,
  ): Promise<{ readonly found: StoredLease | undefined; readonly isFree: boolean }> {
    const found = await this.#deps.lease.read(signal);
    this.#note(found);
    return { found, isFree: found === undefined || this.#isFree(found.record) };
  }

  /** Takes it in place of what was found. False: another one was faster. */
  async take(found: StoredLease | undefined, signal: AbortSignal): Promise<boolean> {
    const { lease, clock, identity } = this.#deps;
    const nowMs = clock.monotonic();
    const now = this.#timestamp();
    const record = {
      holder: identity,
      durationSeconds: this.#durationSeconds,
      renewTime: now,
      acquireTime: now,
      transitions: found === undefined ? 0 : found.record.transitions + 1,
    };
    const held = await lease.write(record, found?.version, signal);
    if (held === undefined) {
      return false;
    }
    this.#held = held;
    this.#renewedAtMs = nowMs;
    return true;
  }

  /** False: another one has it. @throws what the API server answers */
  async renew(signal: AbortSignal): Promise<boolean> {
    const { lease, clock, identity } = this.#deps;
    const held = this.#held;
    if (held === undefined) {
      return true;
    }
    const sentAtMs = clock.monotonic();
    // What somebody has written into it by hand does not last.
    const record = { ...held.record, durationSeconds: this.#durationSeconds, renewTime: this.#timestamp() };
    const written = await lease.write(record, held.version, signal);
    if (written !== undefined) {
      this.#held = written;
      this.#renewedAtMs = sentAtMs;
      return true;
    }
    // An answer that was lost leaves another version; somebody else's name is another matter.
    const found = await lease.read(signal);
    if (found?.record.holder !== identity) {
      return false;
    }
    this.#held = found;
    return true;
  }

  /** Gives it back, so that the next one need not wait. Never rejects. */
  async release(): Promise<void> {
    const { lease, clock } = this.#deps;
    const held = this.#held;
    this.#held = undefined;
    this.#renewedAtMs = Number.NEGATIVE_INFINITY;
    if (held === undefined) {
      return;
    }
    const never = new AbortController().signal;
    const record = { ...held.record, holder: '', renewTime: this.#timestamp() };
    await limitTime({ clock, ms: releaseMs }, never, (inTime) =>
      lease.write(record, held.version, inTime),
    ).catch(() => undefined);
  }

  get #durationSeconds(): number {
    return Math.max(1, Math.round(this.#deps.times.durationMs / 1000));
  }

  /**
   * Given back, one's own of an earlier life, or not renewed for its whole duration while one watched, and at most for
   * one's own. Who is replaced earlier than it expects is kept from writing by the ledger's epoch.
   */
  #isFree({ holder, durationSeconds }: LeaseRecord): boolean {
    const sinceMs = this.#seen?.sinceMs ?? Number.POSITIVE_INFINITY;
    const heldSeconds = Math.min(durationSeconds, this.#durationSeconds);
    const isSilent = this.#deps.clock.monotonic() - sinceMs >= heldSeconds * 1000;
    return holder === '' || holder === this.#deps.identity || isSilent;
  }

  #note(found: StoredLease | undefined): void {
    const { holder = '', renewTime = '' } = found?.record ?? {};
    this.holder = holder;
    const text = `${found?.version} ${holder} ${renewTime}`;
    if (this.#seen?.text !== text) {
      this.#seen = { text, sinceMs: this.#deps.clock.monotonic() };
    }
  }

  /** MicroTime, as client-go writes it. */
  #timestamp(): string {
    return new Date(this.#deps.clock.now()).toISOString().replace('Z', '000Z');
  }
}

const releaseMs = 3_000;
