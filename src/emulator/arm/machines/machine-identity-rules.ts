import { isObject, type Json, type JsonObject, objectAt, textAt } from '../../exact-json.ts';
import type { World } from '../../world.ts';
import { refuseAsArm } from '../arm-answers.ts';

/** Azure's own words: "User Assigned Identities Number '151' Assign exceed limit '150' in one request." */
const mostInARequest = 150;

/**
 * The identity that a machine has after a PATCH: entries of the map come, those of null go, the others stay.
 *
 * @returns undefined when it has none any more
 * @throws Refusal 400 InvalidParameter | FailedIdentityOperation
 */
export function patchedIdentity(world: World, machine: JsonObject, patch: Json): JsonObject | undefined {
  const type = textAt(patch, 'type')?.replaceAll(' ', '').split(',').sort().join(', ');
  if (
    type === undefined ||
    !['None', 'SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned'].includes(type)
  ) {
    return invalid('type', `ResourceIdentity type '${textAt(patch, 'type') ?? ''}' is invalid or missing.`);
  }
  const map = objectAt(patch, 'userAssignedIdentities') ?? {};
  const named = Object.entries(map);
  const isUserAssigned = type.includes('UserAssigned');
  if (!isUserAssigned && named.length > 0) {
    return invalid(
      'identityIds',
      `ResourceIdentity identityIds should not be provided if the type is "${type}".`,
    );
  }
  if (named.length > mostInARequest) {
    return failed(
      machine,
      `User Assigned Identities Number '${named.length}' Assign exceed limit '${mostInARequest}' in one request.`,
    );
  }
  const after = isUserAssigned ? mergedMap(world, machine, named) : {};
  if (isUserAssigned && Object.keys(after).length === 0) {
    return invalid(
      'identityIds',
      'ResourceIdentity identityIds must be provided if the type is "UserAssigned".',
    );
  }
  if (type === 'None') {
    return undefined;
  }
  return {
    ...(type.includes('SystemAssigned') ? systemIds(world, machine) : {}),
    type,
    ...(isUserAssigned ? { userAssignedIdentities: after } : {}),
  };
}

function mergedMap(
  world: World,
  machine: JsonObject,
  named: readonly [string, Json | undefined][],
): JsonObject {
  const after = new Map(
    Object.entries(objectAt(machine, 'identity', 'userAssignedIdentities') ?? {}).map(([id, ids]) => [
      id.toLowerCase(),
      [id, ids] as const,
    ]),
  );
  for (const [id, value] of named) {
    if (value === null) {
      after.delete(id.toLowerCase());
    } else if (isObject(value)) {
      after.set(id.toLowerCase(), [id, idsOf(world, machine, id)]);
    } else {
      return invalid('identityIds', `The value of identity '${id}' is neither an object nor null.`);
    }
  }
  return Object.fromEntries(after.values());
}

function idsOf(world: World, machine: JsonObject, id: string): JsonObject {
  const found = world.identities.get(id.toLowerCase());
  if (found === undefined) {
    return failed(machine, `Resource '${id}' was not found.`);
  }
  return {
    principalId: textAt(found, 'properties', 'principalId') ?? '',
    clientId: textAt(found, 'properties', 'clientId') ?? '',
  };
}

function systemIds(world: World, machine: JsonObject): JsonObject {
  return {
    principalId: textAt(machine, 'identity', 'principalId') ?? world.newId(),
    tenantId: textAt(machine, 'identity', 'tenantId') ?? world.tenantId,
  };
}

function invalid(target: string, message: string): never {
  return refuseAsArm(400, 'InvalidParameter', `${message} Target: resourceIdentity.${target}.`);
}

/** Compute wraps what the identity service said. */
function failed(machine: JsonObject, message: string): never {
  const inner = JSON.stringify({ error: { code: 'BadRequest', message } });
  return refuseAsArm(
    400,
    'FailedIdentityOperation',
    `Identity operation for resource '${textAt(machine, 'id') ?? ''}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: '${inner}'.'.`,
  );
}
