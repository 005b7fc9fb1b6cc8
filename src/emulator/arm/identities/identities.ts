import { type JsonObject, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import {
  type ArmCall,
  type ArmRoute,
  objectBody,
  page,
  param,
  requireGroup,
  subscriptionOf,
} from '../arm-call.ts';

const provider = '/providers/Microsoft\\.ManagedIdentity/userAssignedIdentities';
const group = '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)';

/** User-assigned managed identities, api-versions 2018-11-30 to 2026-05-31. */
export const identityRoutes: readonly ArmRoute[] = [
  route('identities.listBySubscription', 'GET', `^/subscriptions/(?<subscription>[^/]+)${provider}`, list),
  route('identities.list', 'GET', `${group}${provider}`, list),
  route('identities.get', 'GET', `${group}${provider}/(?<name>[^/]+)`, get),
  route('identities.put', 'PUT', `${group}${provider}/(?<name>[^/]+)`, put),
  route('identities.patch', 'PATCH', `${group}${provider}/(?<name>[^/]+)`, put),
  route('identities.delete', 'DELETE', `${group}${provider}/(?<name>[^/]+)`, remove),
];

function route(name: string, method: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method, pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

function list(call: ArmCall): EmulatorResponse {
  subscriptionOf(call);
  const prefix = call.request.path.replace(/\/providers\/.*$/i, '/').toLowerCase();
  return page(
    call,
    [...call.world.identities.entries()].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one),
  );
}

function get(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const found = call.world.identities.get(idOf(call).toLowerCase());
  if (found !== undefined) {
    return ok(found);
  }
  return refuseAsArm(404, 'ResourceNotFound', `Resource '${idOf(call)}' was not found.`);
}

function put(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const { world } = call;
  const body = objectBody(call);
  const key = idOf(call).toLowerCase();
  const before = world.identities.get(key);
  const location = textAt(body, 'location') ?? textAt(before, 'location');
  if (location === undefined) {
    refuseAsArm(400, 'LocationRequired', 'The location of the identity is missing.');
  }
  const principalId = textAt(before, 'properties', 'principalId') ?? world.newId();
  const document: JsonObject = {
    id: textAt(before, 'id') ?? idOf(call),
    name: param(call, 'name'),
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location,
    tags: objectAt(body, 'tags') ?? objectAt(before, 'tags') ?? {},
    properties: {
      tenantId: subscriptionOf(call).tenantId,
      principalId,
      clientId: textAt(before, 'properties', 'clientId') ?? world.newId(),
    },
  };
  world.identities.set(key, document);
  if (before !== undefined) {
    return ok(document);
  }
  world.youngPrincipals.set(principalId, world.settings.principalNotFoundTimes);
  world.freshIdentities.set(key, world.clock.now() + world.settings.freshIdentityMs);
  return ok(document, 201);
}

function remove(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const key = idOf(call).toLowerCase();
  // Assignments on the identity go with it; those that name it as principal stay behind, as in Azure.
  for (const [id, assignment] of call.world.roleAssignments) {
    if (assignment.scope.toLowerCase() === key) {
      call.world.roleAssignments.delete(id);
    }
  }
  for (const id of call.world.federatedCredentials.keys()) {
    if (id.startsWith(`${key}/`)) {
      call.world.federatedCredentials.delete(id);
    }
  }
  return { status: call.world.identities.delete(key) ? 200 : 204 };
}

/** The provider writes `resourcegroups` in lower case. */
function idOf(call: ArmCall): string {
  return `/subscriptions/${param(call, 'subscription')}/resourcegroups/${param(call, 'group')}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${param(call, 'name')}`;
}
