import type {
  MetadataAnswer,
  MetadataQuestion,
  MetadataService,
} from '../../domain/azure/metadata-service.ts';
import type { Reporter } from '../../domain/ports.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { startDeadline } from '../../domain/time/deadline.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';

export interface AskOptions {
  readonly clock: Clock;
  readonly report: Pick<Reporter, 'progress'>;
  readonly timeoutMs: number;
  /** Comes again when the answer says that waiting helps (429, 503), as SDKs do. */
  readonly subject: boolean;
  readonly signal: AbortSignal;
}

/** Whoever answers "come again in 0 seconds" is not asked as fast as the network allows. */
const shortestWaitMs = 500;

/**
 * Asks the metadata service whose token it gives.
 *
 * @throws PodidError TokenRefused | Forbidden | Unavailable, and the signal's reason
 */
export async function askForToken(
  service: MetadataService,
  question: MetadataQuestion,
  { clock, report, timeoutMs, subject, signal }: AskOptions,
): Promise<MetadataAnswer> {
  const deadline = startDeadline(clock, timeoutMs, signal);
  for (;;) {
    try {
      return await deadline.within((inTime) => service.token(question, inTime));
    } catch (error) {
      signal.throwIfAborted();
      // What the adapter throws besides its own is the end of the time, and a timer may ring a little early.
      if (error instanceof DOMException) {
        throw noAnswer(question, timeoutMs);
      }
      if (!(error instanceof PodidError)) {
        throw error;
      }
      const askedMs = subject && isPodidError(error, 'Unavailable') ? error.retryAfterMs : undefined;
      if (askedMs === undefined) {
        throw error;
      }
      const waitMs = Math.max(askedMs, shortestWaitMs);
      if (waitMs >= deadline.remainingMs()) {
        throw error;
      }
      report.progress(`Asking again in ${Math.ceil(waitMs / 1000)} s: ${error.message}`);
      await clock.sleep(waitMs, signal);
    }
  }
}

function noAnswer({ endpoint }: MetadataQuestion, timeoutMs: number): PodidError {
  return new PodidError('Unavailable', `${endpoint} did not answer within ${timeoutMs / 1000} s.`, {
    hint: advice`Where no agent listens, pods wait; to see the node's: ${command('podid nmi status')}. Outside Azure and its clusters: --endpoint URL`,
  });
}

/** One answer in a row of them. */
export type TokenNews = TokenOutcome & { readonly atMs: number };

type TokenOutcome =
  | { readonly kind: 'token'; readonly answer: MetadataAnswer }
  | { readonly kind: 'failure'; readonly failure: PodidError };

/**
 * Asks again and again and reports each answer, a token or why there is none. Ends when the signal is
 * aborted, or nobody is left to report to; neither is a failure.
 *
 * @param report whether somebody received it
 */
export async function watchToken(
  ask: () => Promise<MetadataAnswer>,
  report: (news: TokenNews) => Promise<boolean>,
  {
    clock,
    everyMs,
    signal,
  }: { readonly clock: Clock; readonly everyMs: number; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    const atMs = clock.now();
    try {
      if (!(await report({ atMs, ...(await answerOf(ask)) }))) {
        return;
      }
      await clock.sleep(Math.max(1, everyMs - (clock.now() - atMs)), signal);
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }
}

async function answerOf(ask: () => Promise<MetadataAnswer>): Promise<TokenOutcome> {
  try {
    return { kind: 'token', answer: await ask() };
  } catch (error) {
    if (isPodidError(error, 'TokenRefused', 'Forbidden', 'Unavailable')) {
      return { kind: 'failure', failure: error };
    }
    throw error;
  }
}
