import { setMaxListeners } from 'node:events';
import { jittered } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { limitTime } from '../../domain/time/time-limit.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { LeaseApi, LeaseRecord, StoredLease } from './lease-api.ts';
import type { UpstreamLock } from './upstream-lock.ts';

export interface ElectionTimes {
  /** Without a renewal for so long, by another's clock, a lease is anybody's. */
  readonly durationMs: number;
  /** Without one for so long, by its own, its holder stops writing. */
  readonly deadlineMs: number;
  readonly renewEveryMs: number;
  readonly tryEveryMs: number;
}

export interface ElectionDeps {
  readonly lease: LeaseApi;
  readonly upstream: UpstreamLock;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Who this process is; no other one has the same. */
  readonly identity: string;
  readonly times: ElectionTimes;
}

/** How this process stands in the election. */
export interface Election {
  readonly isLeader: boolean;
  /** Who leads, as far as this process knows; empty while nobody does. */
  readonly leader: string;
  /** How often this process has been elected. */
  readonly elections: number;
  /**
   * Takes part until the signal is aborted; then gives the lease back. Whoever leads does `work`, whose signal
   * is aborted once another one may lead. Never rejects.
   */
  run(work: Work, signal: AbortSignal): Promise<void>;
}

export interface Lead {
  /** False from the moment on at which another one may lead; asked before each write. */
  mayWrite(): boolean;
  /** Ends the lead: another one is known to lead, or the work cannot be done here. */
  giveUp(reason: Error): void;
}

export type Work = (lead: Lead, signal: AbortSignal) => Promise<void>;

/**
 * Upstream's 15 s, and what client-go holds with it: 10 s to renew, 2 s between renewals. @param durationMs of
 * the lease, from which the others follow
 */
export function electionTimes(durationMs: number): ElectionTimes {
  return {
    durationMs,
    deadlineMs: (durationMs * 2) / 3,
    renewEveryMs: Math.min(2_000, durationMs / 6),
    tryEveryMs: Math.min(1_000, durationMs / 8),
  };
}

export function createElection(deps: ElectionDeps): Election {
  return new LeaseElection(deps);
}

class LeaseElection implements Election {
  isLeader = false;
  leader = '';
  elections = 0;
  readonly #deps: ElectionDeps;
  /** What the lease said, and since when by this process's own clock. */
  #seen: { readonly text: string; readonly sinceMs: number } | undefined;
  #held: StoredLease | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;

  constructor(deps: ElectionDeps) {
    this.#deps = deps;
  }

  async run(work: Work, signal: AbortSignal): Promise<void> {
    const { clock, logger, times } = this.#deps;
    while (!signal.aborted) {
      try {
        if (await this.#inTime(times.deadlineMs / 2, signal, (inTime) => this.#acquire(inTime))) {
          await this.#lead(work, signal);
        }
      } catch (error) {
        if (!signal.aborted) {
          logger.warn({ error: String(error).slice(0, 300) }, 'the lease cannot be read');
        }
      }
      await clock.sleep(jittered(times.tryEveryMs, clock.random()), signal).catch(() => undefined);
    }
  }

  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { lease, upstream, clock, times, identity } = this.#deps;
    const found = await lease.read(signal);
    this.#note(found);
    if (found !== undefined && !this.#isFree(found.record)) {
      return false;
    }
    const other = await upstream.holder(signal);
    if (other !== undefined) {
      this.leader = `aad-pod-identity's MIC ${other}`;
      return false;
    }
    const nowMs = clock.monotonic();
    const now = this.#timestamp();
    const transitions = found === undefined ? 0 : found.record.transitions + 1;
    const record = {
      holder: identity,
      durationSeconds: Math.max(1, Math.round(times.durationMs / 1000)),
      renewTime: now,
      acquireTime: now,
      transitions,
    };
    const held = await lease.write(record, found?.version, signal);
    if (held === undefined) {
      return false;
    }
    this.#held = held;
    this.#renewedAtMs = nowMs;
    return true;
  }

  /** Given back, one's own of an earlier life, or not renewed for its whole duration while one watched. */
  #isFree({ holder, durationSeconds }: LeaseRecord): boolean {
    const sinceMs = this.#seen?.sinceMs ?? Number.POSITIVE_INFINITY;
    const isSilent = this.#deps.clock.monotonic() - sinceMs >= durationSeconds * 1000;
    return holder === '' || holder === this.#deps.identity || isSilent;
  }

  #note(found: StoredLease | undefined): void {
    const { holder = '', renewTime = '' } = found?.record ?? {};
    this.leader = holder;
    const text = `${found?.version} ${holder} ${renewTime}`;
    if (this.#seen?.text !== text) {
      this.#seen = { text, sinceMs: this.#deps.clock.monotonic() };
    }
  }

  async #lead(work: Work, signal: AbortSignal): Promise<void> {
    const { clock, logger, times, identity } = this.#deps;
    const leading = new AbortController();
    // Every worker and every wait listens.
    setMaxListeners(0, leading.signal);
    const end = () => leading.abort(signal.reason);
    signal.addEventListener('abort', end, { once: true });
    this.isLeader = true;
    this.leader = identity;
    this.elections += 1;
    logger.info({ identity }, 'leading');
    const lead: Lead = {
      mayWrite: () => !leading.signal.aborted && clock.monotonic() - this.#renewedAtMs < times.deadlineMs,
      giveUp: (reason) => leading.abort(reason),
    };
    const renewing = this.#renew(leading);
    try {
      signal.aborted && end();
      await work(lead, leading.signal);
    } catch (error) {
      logger.error({ error: String(error).slice(0, 500) }, 'the lead cannot be taken');
    } finally {
      leading.abort(new Error('The work has ended.'));
      await renewing;
      signal.removeEventListener('abort', end);
      this.isLeader = false;
      logger.info({ reason: String(leading.signal.reason) }, 'no longer leading');
      await this.#release();
    }
  }

  /** Until the lead ends; ends it where the lease is lost, or upstream's MIC has come to life. */
  async #renew(leading: AbortController): Promise<void> {
    const { clock, times, upstream, logger } = this.#deps;
    const { signal } = leading;
    while (!signal.aborted) {
      await clock.sleep(times.renewEveryMs, signal).catch(() => undefined);
      if (signal.aborted) {
        return;
      }
      try {
        const other = await this.#inTime(times.deadlineMs / 2, signal, async (inTime) => {
          await this.#renewOnce(leading, inTime);
          return upstream.holder(inTime);
        });
        if (other !== undefined) {
          leading.abort(new Error(`aad-pod-identity's MIC ${other} leads.`));
        }
      } catch (error) {
        if (!signal.aborted) {
          logger.warn({ error: String(error).slice(0, 300) }, 'the lease cannot be renewed');
        }
      }
      if (clock.monotonic() - this.#renewedAtMs >= times.deadlineMs) {
        leading.abort(new Error('The lease was not renewed in time.'));
      }
    }
  }

  async #renewOnce(leading: AbortController, signal: AbortSignal): Promise<void> {
    const { lease, clock, identity } = this.#deps;
    const held = this.#held;
    if (held === undefined) {
      return;
    }
    const sentAtMs = clock.monotonic();
    const record = { ...held.record, renewTime: this.#timestamp() };
    const written = await lease.write(record, held.version, signal);
    if (written !== undefined) {
      this.#held = written;
      this.#renewedAtMs = sentAtMs;
      return;
    }
    // An answer that was lost leaves another version; somebody else's name is another matter.
    const found = await lease.read(signal);
    if (found?.record.holder === identity) {
      this.#held = found;
    } else {
      leading.abort(new Error('Another one has taken the lease.'));
    }
  }

  /** So that the next one need not wait. */
  async #release(): Promise<void> {
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

  #inTime<T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return limitTime({ clock: this.#deps.clock, ms }, signal, work);
  }

  /** MicroTime, as client-go writes it. */
  #timestamp(): string {
    return new Date(this.#deps.clock.now()).toISOString().replace('Z', '000Z');
  }
}

const releaseMs = 3_000;
