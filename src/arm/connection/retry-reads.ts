import { isRestError, type PipelineResponse, type RetryStrategy } from '@azure/core-rest-pipeline';
import { backoffMs } from '../../domain/time/backoff.ts';
import { azureRetryAfterMs } from './arm-answer.ts';
import { networkFaultOf } from './network-policy.ts';

const longestPauseMs = 30_000;
/**
 * Of what a server may ask for: a longer pause is reported to the user, who can do better than to watch podid
 * sleep.
 */
const longestAskedMs = 60_000;

/**
 * When a read is sent again: 408, 429 and 5xx, and answers that never came or came broken. The server's
 * `Retry-After` decides the pause, up to a minute; the SDK's own strategies give up on a 429 without one and
 * on cut bodies.
 *
 * @param options.report called for each pause that the server asked for
 */
export function retryReads(options: {
  readonly firstMs: number;
  readonly random: () => number;
  readonly now: () => number;
  readonly report: (text: string) => void;
}): RetryStrategy {
  return {
    name: 'podidRetryReads',
    retry({ retryCount, response, responseError }) {
      const answer = response ?? responseError?.response;
      if (responseError === undefined && !isTransient(answer)) {
        return { skipStrategy: true };
      }
      if (
        responseError !== undefined &&
        (!isRestError(responseError) || networkFaultOf(responseError)?.mayPass === false)
      ) {
        return { errorToThrow: responseError };
      }
      const askedMs = azureRetryAfterMs(answer?.headers, options.now());
      if (askedMs !== undefined) {
        return askedPause(askedMs, options.report);
      }
      const pauses = { firstMs: options.firstMs, mostMs: longestPauseMs };
      return { retryAfterInMs: backoffMs(pauses, retryCount + 1, options.random()) };
    },
  };
}

function askedPause(askedMs: number, report: (text: string) => void): ReturnType<RetryStrategy['retry']> {
  if (askedMs > longestAskedMs) {
    return { skipStrategy: true };
  }
  report(`Azure asks podid to wait ${Math.ceil(askedMs / 1000)} s before it reads again.`);
  return { retryAfterInMs: askedMs };
}

function isTransient(answer: PipelineResponse | undefined): boolean {
  const status = answer?.status ?? 0;
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}
