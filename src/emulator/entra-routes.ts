import type { JsonObject } from './exact-json.ts';
import type { EmulatorRequest, EmulatorResponse } from './http.ts';
import { claimsFor, type TokenBook } from './tokens.ts';
import type { Application, World } from './world.ts';

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
  const application = world.applications.get((form.get('client_id') ?? '').toLowerCase());
  const tenant = groups['tenant'] ?? '';
  if (!knownTenants(world).has(tenant.toLowerCase())) {
    return refuse(400, 'invalid_request', 90002, `Tenant '${tenant}' was not found.`);
  }
  if (application === undefined) {
    return refuse(400, 'unauthorized_client', 700016, 'The application was not found in the directory.');
  }
  const refusal = refuseProof(form, application);
  if (refusal !== undefined) {
    return refusal;
  }
  const resource =
    form.get('resource') ?? (form.get('scope') ?? '').split(' ')[0]?.replace(/\/\.default$/, '') ?? '';
  const token = tokens.issue(
    claimsFor({
      audience: resource,
      issuer: `${baseUrl}/${tenant}/`,
      tenantId: application.tenantId,
      objectId: application.objectId,
      appId: application.appId,
      nowMs: world.clock.now(),
    }),
    form.get('client_secret') === application.secret ? 'secret' : 'assertion',
  );
  return {
    status: 200,
    body: tokenAnswer(token, groups['version'] === undefined, resource, world.clock.now()),
  };
}

function knownTenants(world: World): Set<string> {
  const ids = [world.tenantId, ...[...world.subscriptions.values()].map((one) => one.tenantId)];
  return new Set([...ids.map((id) => id.toLowerCase()), 'common', 'organizations']);
}

function refuseProof(form: URLSearchParams, application: Application): EmulatorResponse | undefined {
  if (form.get('grant_type') !== 'client_credentials') {
    return refuse(400, 'unsupported_grant_type', 70003, 'Only client_credentials is supported here.');
  }
  // An assertion is a token of another issuer, which an emulator has no means to check.
  if (form.get('client_assertion') !== null || form.get('client_secret') === application.secret) {
    return undefined;
  }
  return refuse(401, 'invalid_client', 7000215, 'The client secret is invalid.');
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

function refuse(status: number, error: string, code: number, description: string): EmulatorResponse {
  return {
    status,
    body: { error, error_description: `AADSTS${code}: ${description}`, error_codes: [code] },
  };
}
