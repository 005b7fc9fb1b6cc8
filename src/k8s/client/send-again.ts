import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import type { Answer } from './send-request.ts';

/**
 * Sends up to four times while the API server is busy (429 and 5xx) or drops the connection, waiting as long
 * as `Retry-After` says, else with backoff and jitter. That is safe for the mirror's writes too: each names
 * the version it is meant for, or fails on what exists.
 *
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
export async function sendAgain(
  send: () => Promise<Answer>,
  clock: Clock,
  signal: AbortSignal,
): Promise<Answer> {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    const answer = await send().catch(unlessDropped);
    if (answer !== undefined && answer.status !== 429 && answer.status < 500) {
      return answer;
    }
    const askedMs = parseRetryAfter(answer?.retryAfter, clock.now());
    const pauseMs = askedMs ?? backoffMs(backoff, attempt, clock.random());
    await clock.sleep(Math.min(pauseMs, longestWaitMs), signal);
  }
  return send();
}

const attempts = 4;
const backoff = { firstMs: 400, mostMs: 1_600 };
const longestWaitMs = 10_000;

function unlessDropped(error: unknown): undefined {
  const codes = isPodidError(error, 'ClusterUnreachable') ? error.details.map(({ code }) => code) : [];
  if (!codes.includes('ECONNRESET') && !codes.includes('EPIPE')) {
    throw error;
  }
}
