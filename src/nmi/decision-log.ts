import type { Clock } from '../runtime/clock.ts';
import type { Logger } from '../runtime/logger.ts';

/** One decision about one request, as operators want to read it. */
export interface Decision {
  readonly kind: 'msi' | 'host' | 'metadata';
  /** `namespace/name`, or the peer's address while no pod is known. */
  readonly pod: string;
  readonly uid: string;
  /** `namespace/name` of the AzureIdentity, `node` for an excepted pod, empty when none was chosen. */
  readonly identity: string;
  readonly clientId: string;
  /** Of the token, or the path. */
  readonly resource: string;
  readonly status: number;
  readonly from: 'memory' | 'upstream' | '';
  readonly reason: string;
  readonly ms: number;
}

export interface DecisionLog {
  /** Logs the first of its kind at once; the same again is only counted. */
  record(decision: Decision): void;
  /** Logs the sums of what was counted; called once a minute. */
  flush(): void;
  /** Flushes once a minute until the signal is aborted, and once more then. */
  run(signal: AbortSignal): Promise<void>;
}

const flushEveryMs = 60_000;
/** A pod that asks for something else each time must not fill the memory. */
const mostKinds = 2_000;
/** Kinds beyond the limit share one entry, and so one line a minute. */
const overflow = 'overflow';

interface Tally {
  readonly first: Decision;
  repeats: number;
  slowestMs: number;
  quietFlushes: number;
}

export function createDecisionLog(logger: Logger, clock: Clock): DecisionLog {
  const tallies = new Map<string, Tally>();
  const flush = () => {
    for (const [key, tally] of tallies) {
      if (tally.repeats > 0) {
        const { ms: _ms, ...facts } = shown(tally.first);
        logger.info({ ...facts, times: tally.repeats, slowestMs: round(tally.slowestMs) }, 'decided again');
        tally.repeats = 0;
        tally.slowestMs = 0;
        tally.quietFlushes = 0;
      } else if (++tally.quietFlushes >= 10) {
        tallies.delete(key);
      }
    }
  };
  return {
    record(decision) {
      let key = kindOf(decision);
      let tally = tallies.get(key);
      if (tally === undefined && tallies.size >= mostKinds) {
        key = overflow;
        tally = tallies.get(key);
      }
      if (tally !== undefined) {
        tally.repeats += 1;
        tally.slowestMs = Math.max(tally.slowestMs, decision.ms);
        return;
      }
      tallies.set(key, { first: decision, repeats: 0, slowestMs: 0, quietFlushes: 0 });
      log(logger, decision, key === overflow);
    },
    flush,
    async run(signal) {
      while (!signal.aborted) {
        await clock.wait(flushEveryMs, signal).catch(() => undefined);
        flush();
      }
    },
  };
}

function kindOf({ kind, uid, pod, identity, resource, status, from, reason }: Decision): string {
  return `${kind} ${uid || pod} ${identity} ${status} ${from} ${reason} ${resource}`;
}

function log(logger: Logger, decision: Decision, isOverflow: boolean): void {
  const facts = isOverflow ? { ...shown(decision), overflow: true } : shown(decision);
  decision.status < 400 ? logger.info(facts, 'decided') : logger.warn(facts, 'decided');
}

function shown(decision: Decision) {
  return {
    ...decision,
    clientId: shortId(decision.clientId),
    resource: decision.resource.slice(0, 200),
    ms: round(decision.ms),
  };
}

/** Enough to tell two identities apart. */
function shortId(id: string): string {
  return id.length <= 8 ? id : `${id.slice(0, 4)}…${id.slice(-4)}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
