import { setMaxListeners } from 'node:events';
import { jittered } from '../../domain/time/backoff.ts';
import { limitTime } from '../../domain/time/time-limit.ts';
import type { Logger } from '../../runtime/logger.ts';
import { OwnLease, type OwnLeaseDeps } from './own-lease.ts';
import type { UpstreamLock } from './upstream-lock.ts';

export interface ElectionDeps extends OwnLeaseDeps {
  readonly upstream: UpstreamLock;
  readonly logger: Logger;
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

export function createElection(deps: ElectionDeps): Election {
  return new LeaseElection(deps);
}

class LeaseElection implements Election {
  isLeader = false;
  leader = '';
  elections = 0;
  readonly #deps: ElectionDeps;
  readonly #lease: OwnLease;

  constructor(deps: ElectionDeps) {
    this.#deps = deps;
    this.#lease = new OwnLease(deps);
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
    const { found, isFree } = await this.#lease.look(signal);
    this.leader = this.#lease.holder;
    if (!isFree) {
      return false;
    }
    const other = await this.#deps.upstream.holder(signal);
    if (other !== undefined) {
      this.leader = `aad-pod-identity's MIC ${other}`;
      return false;
    }
    return this.#lease.take(found, signal);
  }

  async #lead(work: Work, signal: AbortSignal): Promise<void> {
    const { logger, identity } = this.#deps;
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
      mayWrite: () => !leading.signal.aborted && this.#lease.isInTime,
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
      await this.#lease.release();
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
          if (!(await this.#lease.renew(inTime))) {
            leading.abort(new Error('Another one has taken the lease.'));
          }
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
      if (!this.#lease.isInTime) {
        leading.abort(new Error('The lease was not renewed in time.'));
      }
    }
  }

  #inTime<T>(ms: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return limitTime({ clock: this.#deps.clock, ms }, signal, work);
  }
}
