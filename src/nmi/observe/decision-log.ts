import type { Clock } from '../../domain/time/clock.ts';
import { createPlaceCounts, type Holder } from '../../runtime/fair-places.ts';
import type { Logger } from '../../runtime/logger.ts';

/** One decision about one request, as operators want to read it. */
export interface Decision {
  /** `other` for what is refused before its route is known. */
  readonly kind: 'msi' | 'host' | 'metadata' | 'other';
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
  /** @returns records the same again, that took so many milliseconds */
  again(decision: Decision): (ms: number) => void;
  /** Logs a fault of the agent with its stack; the same again is only counted. */
  fault(error: unknown): void;
  /** Logs the sums of what was counted; called once a minute. */
  flush(): void;
  /** Flushes once a minute until the signal is aborted, and once more then. */
  run(signal: AbortSignal): Promise<void>;
}

const flushEveryMs = 60_000;
/** A pod that asks for something else each time fills its own share, and no other pod's lines are lost. */
const kindsOfOne = 50;
/** More than a node's 250 pods need. Where a fifth of them fill their shares, whoever has most loses its last. */
const kindsInAll = 2_500;

interface Tally {
  readonly owner: Holder;
  readonly facts: object;
  /** Of the line that says that it happened again. */
  readonly again: string;
  repeats: number;
  slowestMs: number;
  quietFlushes: number;
}

interface Kind extends Pick<Tally, 'owner' | 'facts' | 'again'> {
  readonly key: string;
  readonly ms: number;
  first(facts: object): void;
}

/** Lines that are nobody's own; there are at most as many as there are owners. */
const nobody: Holder = { namespace: '', pod: '' };

export function createDecisionLog(logger: Logger, clock: Clock): DecisionLog {
  const tallies = new Map<string, Tally>();
  const shares = createPlaceCounts();
  const sumUp = (tally: Tally) => {
    const { repeats: times, slowestMs } = tally;
    if (times > 0) {
      logger.info({ ...tally.facts, times, slowestMs: round(slowestMs) }, tally.again);
    }
  };
  const forget = (key: string, tally: Tally) => {
    tallies.delete(key);
    shares.add(tally.owner, -1);
  };
  /** @returns false when nobody has more kinds than the newcomer would have */
  const makeRoom = (newcomer: Holder): boolean => {
    const most = shares.toYield(newcomer);
    const last = most && [...tallies].findLast(([, { owner }]) => owner.pod === most.pod);
    if (last === undefined) {
      return false;
    }
    sumUp(last[1]);
    forget(...last);
    return true;
  };
  /** @returns false for the first of its kind */
  const countAgain = (key: string, ms: number): boolean => {
    const tally = tallies.get(key);
    if (tally === undefined) {
      return false;
    }
    tally.repeats += 1;
    tally.slowestMs = Math.max(tally.slowestMs, ms);
    return true;
  };
  const report = (kind: Kind): void => {
    if (countAgain(kind.key, kind.ms)) {
      return;
    }
    const { key, owner, facts, again } = kind;
    tallies.set(key, { owner, facts, again, repeats: 0, slowestMs: 0, quietFlushes: 0 });
    shares.add(owner, 1);
    kind.first(facts);
  };
  /**
   * What exceeds a share is logged as one kind of that pod's, and what exceeds all of them, of whoever has most, as
   * one kind that names no pod.
   */
  const within = (kind: Kind, overflow: object): Kind => {
    if (tallies.has(kind.key)) {
      return kind;
    }
    if (shares.of(kind.owner) >= kindsOfOne) {
      const key = `overflow ${kind.owner.pod}`;
      return { ...kind, key, owner: nobody, facts: { ...overflow, overflow: true } };
    }
    return tallies.size < kindsInAll || makeRoom(kind.owner)
      ? kind
      : { ...kind, key: 'overflow', owner: nobody, facts: { overflow: true } };
  };
  const flush = () => {
    for (const [key, tally] of tallies) {
      if (tally.repeats > 0) {
        sumUp(tally);
        Object.assign(tally, { repeats: 0, slowestMs: 0, quietFlushes: 0 });
      } else if (++tally.quietFlushes >= 10) {
        forget(key, tally);
      }
    }
  };
  /** Nearly every decision was made before, and is counted by its key alone. */
  const record = (key: string, decision: Decision, ms = decision.ms): void => {
    if (!countAgain(key, ms)) {
      const { pod, uid } = decision;
      report(within(decided(logger, key, { ...decision, ms }), { pod, uid }));
    }
  };
  return {
    record: (decision) => record(keyOf(decision), decision),
    again(decision) {
      const key = keyOf(decision);
      return (ms) => record(key, decision, ms);
    },
    fault: (error) => report(within(failed(logger, error), {})),
    flush,
    async run(signal) {
      while (!signal.aborted) {
        await clock.sleep(flushEveryMs, signal).catch(() => undefined);
        flush();
      }
    },
  };
}

function keyOf({ kind, uid, pod, identity, status, from, reason, resource }: Decision): string {
  return `${kind} ${uid || pod} ${identity} ${status} ${from} ${reason} ${resource.slice(0, longestResource)}`;
}

/** Characters. */
const longestResource = 200;

function decided(logger: Logger, key: string, decision: Decision): Kind {
  const { uid, pod, status, ms } = decision;
  const resource = decision.resource.slice(0, longestResource);
  const { ms: _ms, ...facts } = { ...decision, clientId: shortId(decision.clientId), resource };
  return {
    key,
    owner: { namespace: pod.includes('/') ? (pod.split('/')[0] ?? '') : '', pod: uid || pod },
    facts,
    again: 'decided again',
    ms,
    first(logged) {
      const line = { ...logged, ms: round(ms) };
      status < 400 ? logger.info(line, 'decided') : logger.warn(line, 'decided');
    },
  };
}

function failed(logger: Logger, error: unknown): Kind {
  const text = String(error).slice(0, 500);
  const stack = error instanceof Error ? error.stack : '';
  return {
    key: `fault ${text}`,
    owner: { namespace: '', pod: 'the agent itself' },
    facts: { error: text },
    again: 'a fault of the agent again',
    ms: 0,
    first: (logged) => logger.error({ ...logged, stack }, 'a fault of the agent'),
  };
}

/** Enough to distinguish two identities. */
function shortId(id: string): string {
  return id.length <= 8 ? id : `${id.slice(0, 4)}…${id.slice(-4)}`;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}
