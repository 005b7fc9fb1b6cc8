import type { PipelinePolicy, PipelineRequest } from '@azure/core-rest-pipeline';
import { PodidError } from '../../errors/podid-error.ts';
import type { ArmEndpoint } from '../connection/arm-endpoint.ts';
import type { ArmTokens } from './arm-tokens.ts';

/**
 * Puts the token on each try of a request, and after a 401 once a renewed one. It stands in for the SDK's own
 * policy, which renews only on some challenges, keeps a token a client, and refuses the loopback endpoints of
 * tests. A URL that is not ARM's own, whoever named it, gets no request at all.
 */
export function signInPolicy(tokens: ArmTokens, endpoint: ArmEndpoint): PipelinePolicy {
  return {
    name: 'podidSignIn',
    async sendRequest(request, next) {
      if (!endpoint.mayReceiveToken(request.url)) {
        throw strangeHost(request);
      }
      if (endpoint.isLoopback) {
        request.allowInsecureConnection = true;
      }
      const signal = request.abortSignal as AbortSignal | undefined;
      const token = await tokens.get(signal);
      request.headers.set('Authorization', `Bearer ${token}`);
      const response = await next(request);
      if (response.status !== 401) {
        return response;
      }
      const claims = challengeClaims(response.headers.get('WWW-Authenticate'));
      request.headers.set('Authorization', `Bearer ${await tokens.renew(token, claims, signal)}`);
      return next(request);
    },
  };
}

function strangeHost(request: PipelineRequest): PodidError {
  const host = URL.canParse(request.url) ? new URL(request.url).host : 'no valid host';
  return new PodidError(
    'Unavailable',
    `Azure's answer leads to ${host}, which is not where the token may go.`,
    {
      hint: 'Check PODID_ARM_ENDPOINT, --cloud and the proxy.',
    },
  );
}

/** Claims that Entra wants in the next token (continuous access evaluation), base64 in the challenge. */
function challengeClaims(header: string | undefined): string | undefined {
  const encoded = /\bclaims="([^"]+)"/.exec(header ?? '')?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');
}
