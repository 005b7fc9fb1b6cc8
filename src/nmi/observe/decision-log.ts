import type { Clock } from '../../domain/time/clock.ts';
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
/** More than a node's 250 pods need, unless a fifth of them fill their shares. */
const kindsInAll = 2_500;

interface Tally {
  readonly owner: string;
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

export function createDecisionLog(logger: Logger, clock: Clock): DecisionLog {
  const tallies = new Map<string, Tally>();
  const shares = new Map<string, number>();
  const share = (owner: string, step: 1 | -1) => {
    const now = (shares.get(owner) ?? 0) + step;
    now > 0 ? shares.set(owner, now) : shares.delete(owner);
  };
  const report = (kind: Kind): void => {
    const tally = tallies.get(kind.key);
    if (tally !== undefined) {
      tally.repeats += 1;
      tally.slowestMs = Math.max(tally.slowestMs, kind.ms);
      return;
    }
    const { key, owner, facts, again } = kind;
    tallies.set(key, { owner, facts, again, repeats: 0, slowestMs: 0, quietFlushes: 0 });
    share(owner, 1);
    kind.first(facts);
  };
  /**
   * What exceeds a share is logged as one kind of that pod's, and what exceeds all of them as one kind that
   * names no pod.
   */
  const within = (kind: Kind, overflow: object): Kind => {
    if (tallies.has(kind.key)) {
      return kind;
    }
    if ((shares.get(kind.owner) ?? 0) >= kindsOfOne) {
      return { ...kind, key: `overflow ${kind.owner}`, owner: '', facts: { ...overflow, overflow: true } };
    }
    return tallies.size >= kindsInAll
      ? { ...kind, key: 'overflow', owner: '', facts: { overflow: true } }
      : kind;
  };
  const flush = () => {
    for (const [key, tally] of tallies) {
      if (tally.repeats > 0) {
        const { repeats: times, slowestMs } = tally;
        logger.info({ ...tally.facts, times, slowestMs: round(slowestMs) }, tally.again);
        Object.assign(tally, { repeats: 0, slowestMs: 0, quietFlushes: 0 });
      } else if (++tally.quietFlushes >= 10) {
        tallies.delete(key);
        share(tally.owner, -1);
      }
    }
  };
  return {
    record: (decision) => report(within(decided(logger, decision), { pod: decision.pod, uid: decision.uid })),
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

function decided(logger: Logger, decision: Decision): Kind {
  const { kind, uid, pod, identity, status, from, reason, ms } = decision;
  const resource = decision.resource.slice(0, 200);
  const { ms: _ms, ...facts } = { ...decision, clientId: shortId(decision.clientId), resource };
  return {
    key: `${kind} ${uid || pod} ${identity} ${status} ${from} ${reason} ${resource}`,
    owner: uid || pod,
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
    owner: 'the agent itself',
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
