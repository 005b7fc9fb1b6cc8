import type { Clock } from '../../../domain/time/clock.ts';
import { limitTime, untilAborted } from '../../../domain/time/time-limit.ts';
import type { HttpAnswer } from '../bounded-exchange.ts';
import type { NamespaceOf } from '../token.ts';
import { TokenRefused } from '../token-error.ts';
import { createUpstreamQueue } from '../upstream-queue.ts';

/** What a pod asks of IMDS beside tokens. `target` is the request target that podid built itself. */
export interface MetadataQuestion {
  readonly target: string;
  readonly askerId: string;
}

/** A budget for everything of IMDS but tokens, so that it cannot use up the quota that tokens need. */
export interface MetadataBudget {
  /**
   * The answer to `target`, at most ten seconds old, `versionsPath` an hour, fetched once for all who ask at a time.
   * @throws TokenRefused 503 when the queue is full or nothing came in time; what `fetch` throws
   */
  answer(
    question: MetadataQuestion,
    fetch: (signal: AbortSignal) => Promise<HttpAnswer>,
    signal: AbortSignal,
  ): Promise<HttpAnswer>;
}

const limits = { atOnce: 1, perSecond: 2, waiting: 40, waitingPerAsker: 4, runningPerAsker: 1 };
const answerAgeMs = 10_000;
/** What SDKs ask, with little patience, to learn whether there is an IMDS. Its answer changes with Azure's releases. */
export const versionsPath = '/metadata/versions';
const versionsAgeMs = 3_600_000;
const mostAnswers = 100;
const deadlineMs = 10_000;

interface Kept {
  readonly answer: HttpAnswer;
  readonly untilMs: number;
}

export interface MetadataBudgetOptions {
  readonly clock: Clock;
  readonly namespaceOf?: NamespaceOf;
}

export function createMetadataBudget({ clock, ...options }: MetadataBudgetOptions): MetadataBudget {
  const queue = createUpstreamQueue({ ...options, clock, limits });
  const kept = new Map<string, Kept>();
  const flights = new Map<string, { askers: Set<string>; promise: Promise<HttpAnswer> }>();
  let versionsAtOnceFromMs = 0;
  const deadline = { clock, ms: deadlineMs, reason: tooLate };

  function keep(target: string, answer: HttpAnswer): void {
    if (answer.status === 429 || answer.status >= 500) {
      return;
    }
    kept.delete(target);
    kept.set(target, {
      answer,
      untilMs: clock.monotonic() + (target === versionsPath ? versionsAgeMs : answerAgeMs),
    });
    const [oldest] = kept.keys();
    if (kept.size > mostAnswers && oldest !== undefined) {
      kept.delete(oldest);
    }
  }

  /** Whoever asks for the versions first does not wait behind others: one call in ten seconds, beside the queue. */
  function isAtOnce(target: string): boolean {
    if (target !== versionsPath || clock.monotonic() < versionsAtOnceFromMs) {
      return false;
    }
    versionsAtOnceFromMs = clock.monotonic() + answerAgeMs;
    return true;
  }

  function fly({ target, askerId }: MetadataQuestion, fetch: (signal: AbortSignal) => Promise<HttpAnswer>) {
    const askers = new Set([askerId]);
    const promise = limitTime(deadline, new AbortController().signal, async (inTime) => {
      const answer = isAtOnce(target)
        ? await fetch(inTime)
        : await queue.run(askers, inTime, () => fetch(inTime));
      keep(target, answer);
      return answer;
    }).finally(() => flights.delete(target));
    const flight = { askers, promise };
    flights.set(target, flight);
    return flight;
  }

  return {
    async answer(question, fetch, signal) {
      const found = kept.get(question.target);
      if (found && clock.monotonic() < found.untilMs) {
        return found.answer;
      }
      const flight = flights.get(question.target) ?? fly(question, fetch);
      flight.askers.add(question.askerId);
      return untilAborted(flight.promise, signal);
    },
  };
}

function tooLate(): TokenRefused {
  return new TokenRefused({
    status: 503,
    error: 'temporarily_unavailable',
    description: "Azure's instance metadata service gave no answer in time.",
    retryAfterSec: 2,
    holdsForOthers: false,
  });
}
