import { beginLag } from '../../entra/lagging-trust.ts';
import { type JsonObject, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, page, param, requireGroup } from '../arm-call.ts';
import { type CredentialRequest, spendRequest } from './credential-limits.ts';
import { checkedProperties, checkMayChange, refuseConcurrent } from './credential-rules.ts';

const credentials =
  '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)/providers/Microsoft\\.ManagedIdentity/userAssignedIdentities/(?<identity>[^/]+)/federatedIdentityCredentials';

const apiVersions = [
  '2026-05-31',
  '2026-04-30',
  '2025-05-31-preview',
  '2025-01-31-preview',
  '2024-11-30',
  '2023-01-31',
  '2022-01-31-preview',
];

/** Who else may sign in as a user-assigned identity. */
export const federatedCredentialRoutes: readonly ArmRoute[] = [
  route('list', 'GET', credentials, list),
  route('get', 'GET', `${credentials}/(?<name>[^/]+)`, (call) => ok(credentialOf(call))),
  route('put', 'PUT', `${credentials}/(?<name>[^/]+)`, put),
  route('delete', 'DELETE', `${credentials}/(?<name>[^/]+)`, remove),
];

function route(
  what: CredentialRequest,
  method: string,
  pattern: string,
  handle: ArmRoute['handle'],
): ArmRoute {
  return {
    name: `federatedCredentials.${what}`,
    method,
    pattern: new RegExp(`${pattern}/?$`, 'i'),
    handle(call) {
      checkVersion(call);
      spendRequest(call.world, what, identityId(call));
      return handle(call);
    },
  };
}

function checkVersion({ request }: ArmCall): void {
  const version = request.query.get('api-version') ?? '';
  if (apiVersions.includes(version)) {
    return;
  }
  refuseAsArm(
    400,
    'NoRegisteredProviderFound',
    `No registered resource provider found for API version '${version}' and type 'userAssignedIdentities/federatedIdentityCredentials'. The supported api-versions are '${apiVersions.join(', ')}'.`,
  );
}

/** The provider writes `resourcegroups` in lower case. */
function identityId(call: ArmCall): string {
  return `/subscriptions/${param(call, 'subscription')}/resourcegroups/${param(call, 'group')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${param(call, 'identity')}`;
}

/** @throws Refusal 404 without the identity, or while it is so fresh that its credentials are not found */
function identityOf(call: ArmCall): JsonObject {
  requireGroup(call);
  const key = identityId(call).toLowerCase();
  const found = call.world.identities.get(key);
  const isFresh = (call.world.freshIdentities.get(key) ?? 0) > call.world.clock.now();
  if (found !== undefined && !isFresh) {
    return found;
  }
  return refuseAsArm(
    404,
    'ParentResourceNotFound',
    `Failed to perform '${call.request.method}' on resource(s) of type 'userAssignedIdentities/federatedIdentityCredentials', because the parent resource '${identityId(call)}' could not be found.`,
  );
}

function idOf(call: ArmCall): string {
  return `${identityId(call)}/federatedIdentityCredentials/${param(call, 'name')}`;
}

function credentialsOf(call: ArmCall): JsonObject[] {
  const prefix = `${identityId(call)}/federatedIdentityCredentials/`.toLowerCase();
  return [...call.world.federatedCredentials].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one);
}

function list(call: ArmCall): EmulatorResponse {
  identityOf(call);
  const top = Number(call.request.query.get('$top') ?? 0);
  return page(call, credentialsOf(call), Number.isInteger(top) ? top : 0);
}

function credentialOf(call: ArmCall): JsonObject {
  identityOf(call);
  const found = call.world.federatedCredentials.get(idOf(call).toLowerCase());
  return (
    found ??
    refuseAsArm(404, 'NotFound', `The federated identity credential '${param(call, 'name')}' was not found.`)
  );
}

function put(call: ArmCall): EmulatorResponse {
  checkMayChange(call, 'write', identityOf(call));
  refuseConcurrent(call.world, identityId(call));
  const id = idOf(call);
  const key = id.toLowerCase();
  const others = credentialsOf(call).filter((one) => textAt(one, 'id')?.toLowerCase() !== key);
  const { issuer, subject, audiences } = checkedProperties(call, others);
  const before = call.world.federatedCredentials.get(key);
  const document: JsonObject = {
    id,
    name: param(call, 'name'),
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
    properties: { issuer, subject, audiences },
  };
  call.world.federatedCredentials.set(key, document);
  beginLag(call.world, key);
  return inFlight(call, ok(document, before === undefined ? 201 : 200));
}

function remove(call: ArmCall): EmulatorResponse {
  checkMayChange(call, 'delete', identityOf(call));
  refuseConcurrent(call.world, identityId(call));
  const isGone = call.world.federatedCredentials.delete(idOf(call).toLowerCase());
  return inFlight(call, { status: isGone ? 200 : 204 });
}

/** Until it is answered, another write to the identity is refused. */
function inFlight(call: ArmCall, answer: EmulatorResponse): EmulatorResponse {
  const { world } = call;
  const key = identityId(call).toLowerCase();
  world.credentialWrites.add(key);
  return {
    ...answer,
    pause: {
      emulatorMs: world.settings.credentialWriteMs,
      end: () => void world.credentialWrites.delete(key),
    },
  };
}
