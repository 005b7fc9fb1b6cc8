import type { PipelinePolicy } from '@azure/core-rest-pipeline';

/**
 * Sends this very text as the body of a PUT, in place of what the SDK's models made. For a client that sends
 * one request.
 */
export function sendBodyPolicy(body: string): PipelinePolicy {
  return {
    name: 'podidSendBody',
    sendRequest(request, next) {
      if (request.method === 'PUT') {
        request.body = body;
      }
      return next(request);
    },
  };
}
