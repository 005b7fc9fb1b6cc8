import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import type { Assertion, ExchangeAnswer } from '../../domain/azure/federated-credential.ts';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import { claimsOfToken } from '../../validate/token-claims.ts';
import type { AzureSettings } from './azure-settings.ts';
import { authorityHostOf, createEntraClient, type Exchange } from './entra-client.ts';
import { isPassingEntraCode } from './entra-codes.ts';
import { beginning, saidIn } from './explain-refusal.ts';

/**
 * Asks Entra once for a token of a managed identity, by a token of a service account that the identity trusts. Of both
 * tokens nothing is kept but whom Entra's names; its signature is not checked, since nothing is opened with it.
 *
 * @throws PodidError InvalidUsage (AZURE_AUTHORITY_HOST), and the signal's reason
 */
export async function exchangeAssertion(
  settings: AzureSettings,
  { tenantId, clientId, token }: Assertion,
  signal: AbortSignal,
): Promise<ExchangeAnswer> {
  const { host, scope } = exchangeEndpoint(settings);
  const client = createEntraClient(settings);
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    scope,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token,
  });
  const request = createPipelineRequest({
    url: `${host}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`,
    method: 'POST',
    headers: createHttpHeaders({
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    }),
    body: body.toString(),
    abortSignal: signal,
    allowInsecureConnection: host.startsWith('http:'),
  });
  try {
    await client.options.httpClient.sendRequest(request);
  } catch (error) {
    signal.throwIfAborted();
    if (client.exchange()?.fault === undefined) {
      throw error;
    }
  }
  return readAnswer(client.exchange(), host);
}

/** Where a token is asked for, and what for. @throws PodidError InvalidUsage (AZURE_AUTHORITY_HOST) */
export function exchangeEndpoint(settings: AzureSettings): { readonly host: string; readonly scope: string } {
  return { host: authorityOf(settings).replace(/\/+$/, ''), scope: settings.cloud.armScope };
}

/** An emulator's is on loopback over plain http, beside its Azure Resource Manager; every other is https. */
function authorityOf(settings: AzureSettings): string {
  const host = settings.environment['AZURE_AUTHORITY_HOST'] ?? '';
  return isOnLoopback(host) && isOnLoopback(settings.endpoint ?? '') ? host : authorityHostOf(settings);
}

function isOnLoopback(url: string): boolean {
  return URL.canParse(url) && isLoopbackHost(new URL(url).hostname);
}

function readAnswer(exchange: Exchange | undefined, host: string): ExchangeAnswer {
  if (exchange?.fault !== undefined || exchange?.status === undefined) {
    const { code = 'Unavailable', reason = 'the connection failed.' } = exchange?.fault ?? {};
    return {
      kind: 'refused',
      code,
      sentence: `Entra could not be reached at ${host}: ${reason}`,
      passing: true,
    };
  }
  const { status, body = '', headers } = exchange;
  const accessToken = status === 200 ? accessTokenIn(body) : undefined;
  if (accessToken !== undefined) {
    const claims = claimsOfToken(accessToken);
    return {
      kind: 'token',
      clientId: stringAt(claims, 'appid') ?? stringAt(claims, 'azp') ?? '',
      objectId: stringAt(claims, 'oid') ?? '',
      tenantId: stringAt(claims, 'tid') ?? '',
    };
  }
  const said = saidIn(body);
  const retryAfterMs = parseRetryAfter(headers?.get('retry-after'), Number.NaN);
  return {
    kind: 'refused',
    code: said.code === '' ? `HTTP ${status}` : said.code,
    sentence: said.sentence === '' ? `HTTP ${status}: ${beginning(body)}` : said.sentence,
    passing: status === 408 || status === 429 || status >= 500 || isPassingEntraCode(said),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function accessTokenIn(body: string): string | undefined {
  try {
    const json: unknown = JSON.parse(body);
    return isRecord(json) ? stringAt(json, 'access_token') : undefined;
  } catch {
    return undefined;
  }
}
