import type { JsonObject } from '../exact-json.ts';
import type { EmulatorRequest, EmulatorResponse } from '../http.ts';
import type { World } from '../world.ts';
import { type EntraRefusal, refusalAnswer } from './entra-refusals.ts';
import { proveClient } from './prove-client.ts';
import { claimsFor, type TokenBook } from './tokens.ts';

const tokenPath = /^\/(?<tenant>[^/]+)\/oauth2\/(?<version>v2\.0\/)?token\/?$/i;
const discoveryPath = /^\/(?<tenant>[^/]+)\/(?<version>v2\.0\/)?\.well-known\/openid-configuration\/?$/i;
const instancePath = /^\/common\/discovery\/instance\/?$/i;

/** @returns the operation's name, or undefined where Entra has no such path */
export function entraOperation(method: string, path: string): string | undefined {
  if (method === 'POST' && tokenPath.test(path)) {
    return 'entra.token';
  }
  if (method === 'GET' && discoveryPath.test(path)) {
    return 'entra.openidConfiguration';
  }
  if (method === 'GET' && instancePath.test(path)) {
    return 'entra.instance';
  }
  return undefined;
}

export function answerEntra(
  request: EmulatorRequest,
  world: World,
  tokens: TokenBook,
  baseUrl: string,
): EmulatorResponse {
  if (instancePath.test(request.path)) {
    return answerInstance(baseUrl);
  }
  const discovery = discoveryPath.exec(request.path)?.groups;
  if (discovery !== undefined) {
    return answerDiscovery(baseUrl, discovery['tenant'] ?? '');
  }
  return answerToken(request, world, tokens, baseUrl);
}

function answerInstance(baseUrl: string): EmulatorResponse {
  const host = new URL(baseUrl).host;
  return {
    status: 200,
    body: {
      tenant_discovery_endpoint: `${baseUrl}/common/v2.0/.well-known/openid-configuration`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    },
  };
}

function answerDiscovery(baseUrl: string, tenant: string): EmulatorResponse {
  return {
    status: 200,
    body: {
      issuer: `${baseUrl}/${tenant}/v2.0`,
      authorization_endpoint: `${baseUrl}/${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${baseUrl}/${tenant}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${baseUrl}/${tenant}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${baseUrl}/${tenant}/oauth2/v2.0/logout`,
      jwks_uri: `${baseUrl}/${tenant}/discovery/v2.0/keys`,
      response_types_supported: ['code', 'token'],
      subject_types_supported: ['pairwise'],
      id_token_signing_alg_values_supported: ['RS256'],
    },
  };
}

function answerToken(
  request: EmulatorRequest,
  world: World,
  tokens: TokenBook,
  baseUrl: string,
): EmulatorResponse {
  const groups = tokenPath.exec(request.path)?.groups ?? {};
  const form = new URLSearchParams(request.bodyText);
  const tenant = groups['tenant'] ?? '';
  const isVersionOne = groups['version'] === undefined;
  const now = world.clock.now();
  const proven = proveClient(world, form, tenant);
  if ('code' in proven) {
    return refusalAnswer(proven, now);
  }
  const resource = isVersionOne ? (form.get('resource') ?? '') : resourceOfScope(form.get('scope') ?? '');
  if (resource === undefined) {
    return refusalAnswer(wrongScope(form.get('scope') ?? ''), now);
  }
  const { client, proof } = proven;
  const token = tokens.issue(
    claimsFor({
      audience: resource,
      issuer: `${baseUrl}/${tenant}/`,
      tenantId: client.tenantId,
      objectId: client.objectId,
      appId: client.appId,
      nowMs: now,
    }),
    proof,
  );
  if (client.kind === 'identity') {
    tokens.admit(token, client.objectId);
  }
  return { status: 200, body: tokenAnswer(token, isVersionOne, resource, now) };
}

/** With whatever slash the resource ends with: `https://vault.azure.net//.default` is another audience. */
function resourceOfScope(scope: string): string | undefined {
  return /^(.+)\/\.default$/.exec(scope.split(' ')[0] ?? '')?.[1];
}

function wrongScope(scope: string): EntraRefusal {
  return {
    status: 400,
    error: 'invalid_scope',
    code: 1002012,
    description: `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`,
  };
}

/** Version 1 writes its numbers as strings. */
function tokenAnswer(token: string, versionOne: boolean, resource: string, nowMs: number): JsonObject {
  const seconds = 86_399;
  if (!versionOne) {
    return { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token: token };
  }
  const nowSec = Math.floor(nowMs / 1000);
  return {
    token_type: 'Bearer',
    expires_in: String(seconds),
    ext_expires_in: String(seconds),
    expires_on: String(nowSec + seconds),
    not_before: String(nowSec),
    resource,
    access_token: token,
  };
}
