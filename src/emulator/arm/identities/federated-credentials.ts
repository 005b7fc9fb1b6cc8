import { type JsonObject, listAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, page, param, requireGroup } from '../arm-call.ts';

const credentials =
  '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)/providers/Microsoft\\.ManagedIdentity/userAssignedIdentities/(?<identity>[^/]+)/federatedIdentityCredentials';

/** Azure takes so many on one identity. */
const mostOfAnIdentity = 20;

/** Who else may sign in as a user-assigned identity, api-versions 2022-01-31-preview to 2024-11-30. */
export const federatedCredentialRoutes: readonly ArmRoute[] = [
  route('list', 'GET', credentials, (call) => page(call, credentialsOf(call))),
  route('get', 'GET', `${credentials}/(?<name>[^/]+)`, (call) => ok(credentialOf(call))),
  route('put', 'PUT', `${credentials}/(?<name>[^/]+)`, put),
  route('delete', 'DELETE', `${credentials}/(?<name>[^/]+)`, remove),
];

function route(name: string, method: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name: `federatedCredentials.${name}`, method, pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

/** The provider writes `resourcegroups` in lower case. @throws Refusal 404 without the identity */
function identityOf(call: ArmCall): string {
  requireGroup(call);
  const id = `/subscriptions/${param(call, 'subscription')}/resourcegroups/${param(call, 'group')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${param(call, 'identity')}`;
  if (call.world.identities.has(id.toLowerCase())) {
    return id;
  }
  return refuseAsArm(404, 'ResourceNotFound', `Resource '${id}' was not found.`);
}

function idOf(call: ArmCall): string {
  return `${identityOf(call)}/federatedIdentityCredentials/${param(call, 'name')}`;
}

function credentialsOf(call: ArmCall): JsonObject[] {
  const prefix = `${identityOf(call)}/federatedIdentityCredentials/`.toLowerCase();
  return [...call.world.federatedCredentials].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one);
}

function credentialOf(call: ArmCall): JsonObject {
  const found = call.world.federatedCredentials.get(idOf(call).toLowerCase());
  return (
    found ??
    refuseAsArm(404, 'NotFound', `The federated identity credential '${param(call, 'name')}' was not found.`)
  );
}

function put(call: ArmCall): EmulatorResponse {
  const id = idOf(call);
  const body = objectBody(call);
  const issuer = textAt(body, 'properties', 'issuer') ?? '';
  const subject = textAt(body, 'properties', 'subject') ?? '';
  const audiences = listAt(body, 'properties', 'audiences');
  if (issuer === '' || subject === '' || audiences.length !== 1) {
    refuseAsArm(400, 'BadRequest', 'issuer, subject and exactly one audience are required.');
  }
  const others = credentialsOf(call).filter((one) => textAt(one, 'id')?.toLowerCase() !== id.toLowerCase());
  const same = others.find(
    (one) =>
      textAt(one, 'properties', 'issuer') === issuer && textAt(one, 'properties', 'subject') === subject,
  );
  if (same !== undefined) {
    refuseAsArm(
      409,
      'Conflict',
      `Issuer and subject combination already exists for this managed identity, as '${textAt(same, 'name')}'.`,
    );
  }
  if (others.length >= mostOfAnIdentity) {
    refuseAsArm(
      400,
      'BadRequest',
      `Too many federated identity credentials: an identity has at most ${mostOfAnIdentity}.`,
    );
  }
  const isNew = !call.world.federatedCredentials.has(id.toLowerCase());
  const document: JsonObject = {
    id,
    name: param(call, 'name'),
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials',
    properties: { issuer, subject, audiences },
  };
  call.world.federatedCredentials.set(id.toLowerCase(), document);
  return ok(document, isNew ? 201 : 200);
}

function remove(call: ArmCall): EmulatorResponse {
  return { status: call.world.federatedCredentials.delete(idOf(call).toLowerCase()) ? 200 : 204 };
}
