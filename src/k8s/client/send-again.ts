import type { Clock } from '../../domain/ports.ts';
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
    const backoffMs = 200 * 2 ** attempt * (0.5 + clock.random());
    await clock.sleep(retryAfterMs(answer) ?? backoffMs, signal);
  }
  return send();
}

const attempts = 4;
const longestWaitMs = 10_000;

function unlessDropped(error: unknown): undefined {
  const codes = isPodidError(error, 'ClusterUnreachable') ? error.details.map(({ code }) => code) : [];
  if (!codes.includes('ECONNRESET') && !codes.includes('EPIPE')) {
    throw error;
  }
}

/** API servers give whole seconds. */
function retryAfterMs(answer: Answer | undefined): number | undefined {
  const header = answer?.retryAfter ?? '';
  return /^\d{1,6}$/.test(header) ? Math.min(Number(header) * 1000, longestWaitMs) : undefined;
}
