import { isRestError, type PipelineResponse, type RetryStrategy } from '@azure/core-rest-pipeline';
import { retryAfterMs } from './retry-after.ts';

const longestPauseMs = 30_000;

/**
 * When a read is sent again: 408, 429 and 5xx, and answers that never came or came broken. The server's `Retry-After` decides
 * the pause; the SDK's own strategies give up on a 429 without one and on cut bodies.
 */
export function retryReads(options: {
  readonly firstMs: number;
  readonly random: () => number;
  readonly now: () => number;
}): RetryStrategy {
  return {
    name: 'podidRetryReads',
    retry({ retryCount, response, responseError }) {
      const answer = response ?? responseError?.response;
      if (responseError === undefined && !isTransient(answer)) return { skipStrategy: true };
      if (responseError !== undefined && !isRestError(responseError)) return { errorToThrow: responseError };
      const pauseMs =
        Math.min(longestPauseMs, options.firstMs * 2 ** retryCount) * (0.5 + options.random() / 2);
      return { retryAfterInMs: retryAfterMs(answer?.headers, options.now()) ?? pauseMs };
    },
  };
}

function isTransient(answer: PipelineResponse | undefined): boolean {
  const status = answer?.status ?? 0;
  return status === 408 || status === 429 || (status >= 500 && status !== 501 && status !== 505);
}
