import { type JsonObject, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { RoleAssignment, World } from '../world.ts';
import { ok, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, page, param } from './arm-call.ts';
import {
  builtInRoles,
  isAtOrAbove,
  principalWithGroups,
  type RoleDefinition,
  roleByDefinitionId,
} from './roles.ts';

const assignments = '/providers/Microsoft\\.Authorization/roleAssignments';
const definitions = '/providers/Microsoft\\.Authorization/roleDefinitions';

/** Roles at any scope: `/`, a management group, a subscription, a group, a resource. */
export const roleRoutes: readonly ArmRoute[] = [
  route('roleAssignments.list', 'GET', assignments, listAssignments),
  route('roleAssignments.get', 'GET', `${assignments}/(?<name>[^/]+)`, (call) => ok(asDocument(found(call)))),
  route('roleAssignments.put', 'PUT', `${assignments}/(?<name>[^/]+)`, putAssignment),
  route('roleAssignments.delete', 'DELETE', `${assignments}/(?<name>[^/]+)`, deleteAssignment),
  route('roleDefinitions.list', 'GET', definitions, listDefinitions),
  route('roleDefinitions.get', 'GET', `${definitions}/(?<name>[^/]+)`, getDefinition),
];

function route(name: string, method: string, tail: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method, pattern: new RegExp(`^(?<scope>.*?)/*${tail}/?$`, 'i'), handle };
}

function listAssignments(call: ArmCall): EmulatorResponse {
  const scope = param(call, 'scope') || '/';
  const filter = call.request.query.get('$filter') ?? '';
  const assignedTo = /assignedTo\('([^']+)'\)/i.exec(filter)?.[1];
  const principal = /principalId eq '([^']+)'/i.exec(filter)?.[1];
  const principals = assignedTo === undefined ? undefined : principalWithGroups(call.world, assignedTo);
  const onlyAtScope = /atScope\(\)/i.test(filter);
  const rows = [...call.world.roleAssignments.values()].filter((one) => {
    const above = isAtOrAbove(call.world, one.scope, scope);
    if (onlyAtScope ? !above : !above && !isAtOrAbove(call.world, scope, one.scope)) {
      return false;
    }
    if (principals !== undefined && !principals.has(one.principalId.toLowerCase())) {
      return false;
    }
    return principal === undefined || one.principalId.toLowerCase() === principal.toLowerCase();
  });
  return page(call, rows.map(asDocument));
}

function putAssignment(call: ArmCall): EmulatorResponse {
  const { world } = call;
  const body = objectBody(call);
  const scope = param(call, 'scope') || '/';
  const roleDefinitionId = textAt(body, 'properties', 'roleDefinitionId') ?? '';
  const principalId = textAt(body, 'properties', 'principalId') ?? '';
  const principalType = textAt(body, 'properties', 'principalType');
  const role = roleByDefinitionId(roleDefinitionId);
  if (!isGuid(param(call, 'name'))) {
    refuseAsArm(400, 'InvalidRoleAssignmentId', 'The name of a role assignment is a GUID.');
  }
  if (role === undefined) {
    refuseAsArm(400, 'RoleDefinitionDoesNotExist', `There is no role definition '${roleDefinitionId}'.`);
  }
  refuseUnknownPrincipal(world, principalId, principalType);
  const id = idOf(scope, param(call, 'name'));
  const wanted = { scope, roleDefinitionId, principalId };
  refuseDuplicate(world, id, wanted);
  const assignment: RoleAssignment = {
    ...wanted,
    id,
    principalType: principalType ?? 'ServicePrincipal',
    ...conditionOf(body),
    createdAt: world.clock.now(),
    countsAt: world.clock.now() + world.settings.rolePropagationMs,
    overlookedPuts: world.settings.rolePropagationPuts,
  };
  world.roleAssignments.set(id.toLowerCase(), assignment);
  return ok(asDocument(assignment), 201);
}

function conditionOf(body: JsonObject): { condition?: string } {
  const condition = textAt(body, 'properties', 'condition');
  return condition === undefined ? {} : { condition };
}

function refuseUnknownPrincipal(world: World, principalId: string, principalType: string | undefined): void {
  if (principalType !== undefined) {
    return;
  }
  const misses = world.youngPrincipals.get(principalId.toLowerCase()) ?? 0;
  if (misses > 0) {
    world.youngPrincipals.set(principalId.toLowerCase(), misses - 1);
  }
  if (misses === 0 && knownPrincipals(world).has(principalId.toLowerCase())) {
    return;
  }
  refuseAsArm(
    400,
    'PrincipalNotFound',
    `Principal ${principalId} is not in the directory. A principal that was just created needs principalType to be set.`,
  );
}

function knownPrincipals(world: World): Set<string> {
  const ids = [...world.groups.keys(), ...[...world.applications.values()].map((one) => one.objectId)];
  for (const identity of world.identities.values()) {
    ids.push(textAt(identity, 'properties', 'principalId') ?? '');
  }
  for (const { document } of world.clusters.values()) {
    ids.push(textAt(document, 'identity', 'principalId') ?? '');
  }
  return new Set(ids.map((id) => id.toLowerCase()));
}

function refuseDuplicate(
  world: World,
  id: string,
  wanted: Pick<RoleAssignment, 'scope' | 'roleDefinitionId' | 'principalId'>,
): void {
  const same = (one: RoleAssignment) => contentKey(one) === contentKey(wanted);
  const named = world.roleAssignments.get(id.toLowerCase());
  if (named !== undefined && !same(named)) {
    refuseAsArm(
      409,
      'RoleAssignmentUpdateNotPermitted',
      'Principal, role and scope of an assignment stay as they are.',
    );
  }
  if ([...world.roleAssignments.values()].some(same)) {
    refuseAsArm(409, 'RoleAssignmentExists', 'The role assignment already exists.');
  }
}

function contentKey(one: Pick<RoleAssignment, 'scope' | 'roleDefinitionId' | 'principalId'>): string {
  return [one.scope, one.roleDefinitionId.split('/').at(-1), one.principalId].join('|').toLowerCase();
}

function deleteAssignment(call: ArmCall): EmulatorResponse {
  const id = idOf(param(call, 'scope') || '/', param(call, 'name'));
  const assignment = call.world.roleAssignments.get(id.toLowerCase());
  call.world.roleAssignments.delete(id.toLowerCase());
  return assignment === undefined ? { status: 204 } : ok(asDocument(assignment));
}

function found(call: ArmCall): RoleAssignment {
  const id = idOf(param(call, 'scope') || '/', param(call, 'name'));
  const assignment = call.world.roleAssignments.get(id.toLowerCase());
  return assignment ?? refuseAsArm(404, 'RoleAssignmentNotFound', `Role assignment '${id}' does not exist.`);
}

export function idOf(scope: string, name: string): string {
  return `${scope === '/' ? '' : scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
}

function asDocument(one: RoleAssignment): JsonObject {
  const createdOn = new Date(one.createdAt).toISOString();
  return {
    id: one.id,
    name: one.id.split('/').at(-1),
    type: 'Microsoft.Authorization/roleAssignments',
    properties: {
      roleDefinitionId: one.roleDefinitionId,
      principalId: one.principalId,
      principalType: one.principalType,
      scope: one.scope,
      condition: one.condition ?? null,
      conditionVersion: one.condition === undefined ? null : '2.0',
      createdOn,
      updatedOn: createdOn,
    },
  };
}

function listDefinitions(call: ArmCall): EmulatorResponse {
  const filter = call.request.query.get('$filter') ?? '';
  const roleName = /roleName eq '((?:[^']|'')+)'/i.exec(filter)?.[1]?.replaceAll("''", "'");
  const roles = builtInRoles.filter(
    (role) => roleName === undefined || role.roleName.toLowerCase() === roleName.toLowerCase(),
  );
  return page(
    call,
    roles.map((role) => asRoleDocument(role, param(call, 'scope'))),
  );
}

function getDefinition(call: ArmCall): EmulatorResponse {
  const role = roleByDefinitionId(param(call, 'name'));
  if (role !== undefined) {
    return ok(asRoleDocument(role, param(call, 'scope')));
  }
  return refuseAsArm(
    404,
    'RoleDefinitionDoesNotExist',
    `There is no role definition '${param(call, 'name')}'.`,
  );
}

/** A built-in role's id holds the subscription at most, whatever the scope it was asked at. */
function asRoleDocument(role: RoleDefinition, scope: string): JsonObject {
  const subscription = /^\/subscriptions\/[^/]+/i.exec(scope)?.[0] ?? '';
  return {
    id: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role.name}`,
    name: role.name,
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: {
      roleName: role.roleName,
      type: 'BuiltInRole',
      description: role.description,
      assignableScopes: ['/'],
      permissions: [
        {
          actions: [...role.actions],
          notActions: [...(role.notActions ?? [])],
          dataActions: [...(role.dataActions ?? [])],
          notDataActions: [],
        },
      ],
    },
  };
}

function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
