import type { PipelinePolicy, PipelineRequest, PipelineResponse } from '@azure/core-rest-pipeline';
import { maskSecrets } from './mask-secrets.ts';

/** Headers whose values say nothing secret. All others are named, their values masked. */
const openHeaders = new Set([
  'accept',
  'content-length',
  'content-type',
  'date',
  'etag',
  'if-match',
  'if-none-match',
  'retry-after',
  'user-agent',
  'x-ms-client-request-id',
  'x-ms-correlation-request-id',
  'x-ms-request-id',
]);

/**
 * Bodies that may be shown: clusters, identities, roles, and what is not a secret by nature.
 * `list…Credential` and `runCommand` never.
 */
const openBodies = [
  /\/providers\/Microsoft\.ContainerService\/managedClusters\/[^/]+$/i,
  /\/providers\/Microsoft\.ContainerService\/locations\/[^/]+\/operations\/[^/]+$/i,
  /\/providers\/Microsoft\.ManagedIdentity\/userAssignedIdentities\/[^/]+$/i,
  /\/providers\/Microsoft\.Authorization\/role(?:Assignments|Definitions)(?:\/[^/]+)?$/i,
];

/** Writes every try of every request and its answer to `--debug`. */
export function debugPolicy(debug: (text: string) => void): PipelinePolicy {
  return {
    name: 'podidDebug',
    async sendRequest(request, next) {
      debug(describeRequest(request));
      try {
        const response = await next(request);
        debug(describeAnswer(request, response));
        return response;
      } catch (error) {
        debug(`< ${request.method} ${printableUrl(request.url)}: ${maskSecrets(String(error))}`);
        throw error;
      }
    },
  };
}

function describeRequest(request: PipelineRequest): string {
  const body = typeof request.body === 'string' ? request.body : '';
  return [
    `> ${request.method} ${printableUrl(request.url)}`,
    ...printableHeaders('>', request.headers),
    ...printableBody('>', request.url, body),
  ].join('\n');
}

function describeAnswer(request: PipelineRequest, response: PipelineResponse): string {
  return [
    `< ${response.status} ${request.method} ${printableUrl(request.url)}`,
    ...printableHeaders('<', response.headers),
    ...printableBody('<', request.url, response.bodyAsText ?? ''),
  ].join('\n');
}

/** Operation URLs are signed: their query is a credential. */
function printableUrl(url: string): string {
  const [path, query] = url.split('?');
  if (query === undefined) {
    return url;
  }
  return /\/(?:operation(?:s|results|Statuses)|commandResults)\//i.test(url)
    ? `${path}?***`
    : maskSecrets(url);
}

function printableHeaders(mark: string, headers: Iterable<[string, string]>): string[] {
  return [...headers].map(
    ([name, value]) => `${mark} ${name}: ${openHeaders.has(name.toLowerCase()) ? maskSecrets(value) : '***'}`,
  );
}

function printableBody(mark: string, url: string, body: string): string[] {
  if (body === '') {
    return [];
  }
  const path = url.split('?')[0] ?? '';
  const text = openBodies.some((pattern) => pattern.test(path))
    ? maskSecrets(body)
    : `*** (${body.length} characters)`;
  return [`${mark} ${text}`];
}
