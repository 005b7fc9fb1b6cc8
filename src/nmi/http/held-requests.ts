import type { ServerResponse } from 'node:http';
import type { ChangeNotice } from '../../domain/time/change-notice.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { withinTime } from '../../domain/time/time-limit.ts';
import { type HoldTimes, holdMs } from '../decide/passing-reasons.ts';
import type { Exchange } from './answer.ts';
import { type ErrorAnswer, tryLater } from './error-answer.ts';
import { createHoldRounds, type HoldRounds } from './hold-rounds.ts';

/** One hold, when it is over. */
export interface HeldRequest {
  /** The last one for which the request was held. */
  readonly reason: string;
  readonly end: 'served' | 'refused' | 'client-gone' | 'agent-ends';
  readonly seconds: number;
}

export interface HeldRequestsOptions {
  readonly view: { readonly synced: boolean; readonly changed: ChangeNotice };
  /** Why nobody at all is answered at present; absent on a node where that cannot be. */
  readonly closed?: () => ErrorAnswer | undefined;
  readonly times: HoldTimes;
  readonly clock: Clock;
  /** Aborted when the process is to end: whoever is held finds the next one. */
  readonly ending: AbortSignal;
  onHeld(held: HeldRequest): void;
}

/** What every request shares that cannot be answered at once. */
export interface HeldRequests {
  /** Nothing keeps requests in general from being answered. */
  readonly open: boolean;
  /** Requests that wait at this moment, by what they wait for. */
  readonly waiting: ReadonlyMap<string, number>;
  /**
   * Runs `ask`, and where it is refused for a reason that heals by itself, again after each change of what is known,
   * until it is not or the time for that reason is up. Undefined when the client has gone. When the process is to
   * end, the connection is reset.
   * @throws what `ask` throws
   */
  run<T extends { readonly kind: string }>(
    exchange: Pick<Exchange, 'response'>,
    ask: (signal: AbortSignal) => Promise<T | ErrorAnswer>,
  ): Promise<T | ErrorAnswer | undefined>;
}

/**
 * For one attempt. Each source has a shorter deadline of its own: IMDS, which promises an answer within them, ten seconds;
 * Entra in exchange 28, for it is asked again while it may not know a federated credential yet.
 */
const attemptMs = 30_000;
/** A moment that the other side named is waited for even where it is a little later than the hold. */
const stretchMs = 2_000;
/** A client that comes again is held again, whatever IMDS or Entra asked of the agent. */
const retryAfterSec = 2;

const tooLong = tryLater('deadline', 'The answer took too long.', retryAfterSec);
const notReady = tryLater('not-ready', 'The agent has just started and does not know the cluster yet.', 2);

export function createHeldRequests(options: HeldRequestsOptions): HeldRequests {
  const rounds = createHoldRounds(options.view.changed, options.clock, options.ending);
  const waiting = new Map<string, number>();
  const shut = () => options.closed?.() ?? (options.view.synced ? undefined : notReady);
  return {
    get open() {
      return shut() === undefined;
    },
    waiting,
    async run({ response }, ask) {
      const left = new AbortController();
      const leave = () => left.abort(new Error('The client has gone.'));
      response.once('close', leave);
      const attempt = async () =>
        shut() ?? (await withinTime({ clock: options.clock, ms: attemptMs }, left.signal, ask)) ?? tooLong;
      try {
        const answer = await hold(options, rounds, { attempt, left: left.signal, waiting });
        if (options.ending.aborted && answer !== undefined && isHeld(answer, options.times)) {
          resetConnection(response);
        }
        return answer;
      } finally {
        response.off('close', leave);
      }
    },
  };
}

interface Held<T> {
  attempt(): Promise<T | ErrorAnswer>;
  readonly left: AbortSignal;
  readonly waiting: Map<string, number>;
}

async function hold<T extends { readonly kind: string }>(
  options: HeldRequestsOptions,
  rounds: HoldRounds,
  { attempt, left, waiting }: Held<T>,
): Promise<T | ErrorAnswer | undefined> {
  const { clock, times } = options;
  const began = clock.monotonic();
  let reason: string | undefined;
  const ended = (end: HeldRequest['end']) => {
    if (reason !== undefined) {
      options.onHeld({ reason, end, seconds: (clock.monotonic() - began) / 1000 });
    }
  };
  try {
    for (let isLast = false; ; ) {
      const seen = rounds.seen;
      const answer = await attempt();
      if (!isHeld(answer, times)) {
        ended(isErrorAnswer(answer) ? 'refused' : 'served');
        return answer;
      }
      const leftMs = began + holdMs(answer, times) - clock.monotonic();
      const waitMs = untilNextAttempt(leftMs, answer.retryAfterMs);
      if (isLast || waitMs === undefined || options.ending.aborted) {
        ended(options.ending.aborted ? 'agent-ends' : 'refused');
        return answer.status === 503 && answer.reason !== 'identity-not-on-node'
          ? { ...answer, retryAfterSec }
          : answer;
      }
      reason = answer.reason;
      count(waiting, reason, 1);
      const isChanged = await rounds
        .next(seen, waitMs, left)
        .finally(() => count(waiting, answer.reason, -1));
      isLast = !isChanged && waitMs >= leftMs;
    }
  } catch (error) {
    if (left.aborted) {
      ended('client-gone');
      return undefined;
    }
    throw error;
  }
}

function count(waiting: Map<string, number>, reason: string, by: number): void {
  waiting.set(reason, (waiting.get(reason) ?? 0) + by);
}

/** Undefined when there is none: the time is up, and what the other side named is not within reach. */
function untilNextAttempt(leftMs: number, retryAfterMs = Number.POSITIVE_INFINITY): number | undefined {
  if (retryAfterMs <= leftMs + stretchMs) {
    return retryAfterMs;
  }
  return leftMs > 0 ? leftMs : undefined;
}

/**
 * Some clients end at the first 503, and none at a connection that is reset before it was answered: it asks again, and
 * the rules let it wait for the next agent.
 */
function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
  response.destroy();
}

function isHeld(answer: { readonly kind: string }, times: HoldTimes): answer is ErrorAnswer {
  return isErrorAnswer(answer) && holdMs(answer, times) > 0;
}

function isErrorAnswer(answer: { readonly kind: string }): answer is ErrorAnswer {
  return answer.kind === 'error';
}
