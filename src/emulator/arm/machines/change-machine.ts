import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import type { World } from '../../world.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, param } from '../arm-call.ts';
import { operationHeaders, startOperation } from '../operations.ts';
import { matchesAction } from '../roles.ts';
import { instancesOf, isBusy, propertiesOf, renewTag } from './machine-documents.ts';
import { patchedIdentity } from './machine-identity-rules.ts';
import { answerMachine, machineKey, machineOf, machinePath } from './machines.ts';

/**
 * What changes scale sets and virtual machines: the identities, and instances that follow their scale set.
 */
export const machineChangeRoutes: readonly ArmRoute[] = [
  { name: 'machines.patch', method: 'PATCH', pattern: new RegExp(`${machinePath}/?$`, 'i'), handle: patch },
  {
    name: 'machines.upgradeInstances',
    method: 'POST',
    pattern: new RegExp(`${machinePath}/manualupgrade/?$`, 'i'),
    handle: upgradeInstances,
  },
];

const assignAction = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';

function patch(call: ArmCall): EmulatorResponse {
  const machine = machineOf(call);
  const body = objectBody(call);
  checkRight(call, 'write');
  for (const [id, value] of Object.entries(objectAt(body, 'identity', 'userAssignedIdentities') ?? {})) {
    if (value !== null) {
      checkAssigning(call, id);
    }
  }
  refuseUnless(call, machine);
  const known = ['identity', 'tags'];
  const unknown = Object.keys(body).filter((member) => !known.includes(member));
  if (unknown.length > 0) {
    refuseAsArm(400, 'InvalidParameter', `The emulator changes no ${unknown.join(', ')} of machines.`);
  }
  if (body['identity'] !== undefined) {
    setIdentity(call, machine, body['identity']);
  }
  if (body['tags'] !== undefined) {
    machine['tags'] = body['tags'];
  }
  const operation = startMachineOperation(call, machine, { upgrade: null });
  return { ...ok(answerMachine(call, machine)), headers: operationHeaders(call, operation) };
}

function setIdentity(call: ArmCall, machine: JsonObject, identity: Json): void {
  const after = patchedIdentity(call.world, machine, identity);
  if (after === undefined) {
    delete machine['identity'];
  } else {
    machine['identity'] = after;
  }
  for (const instance of instancesOf(call.world, machineKey(call))) {
    propertiesOf(instance)['latestModelApplied'] = false;
  }
}

function upgradeInstances(call: ArmCall): EmulatorResponse {
  const machine = machineOf(call);
  checkRight(call, 'manualupgrade/action');
  refuseUnless(call, machine);
  const wanted = listAt(objectBody(call), 'instanceIds').map(String);
  const ids = instancesOf(call.world, machineKey(call)).map((one) => textAt(one, 'instanceId') ?? '');
  const missing = wanted.filter((id) => id !== '*' && !ids.includes(id));
  if (wanted.length === 0 || missing.length > 0) {
    refuseAsArm(400, 'InvalidParameter', `The instances '${missing.join(', ')}' are not found.`);
  }
  const upgrade = wanted.includes('*') ? ids : wanted;
  const operation = startMachineOperation(call, machine, { upgrade });
  return { status: 202, headers: operationHeaders(call, operation) };
}

function startMachineOperation(
  call: ArmCall,
  machine: JsonObject,
  { upgrade }: { readonly upgrade: string[] | null },
) {
  const operation = startOperation(
    call.world,
    {
      subscriptionId: param(call, 'subscription'),
      location: textAt(machine, 'location') ?? 'unknown',
      clusterKey: '',
      kind: 'update',
      machine: { key: machineKey(call), upgrade },
    },
    call.effects,
  );
  propertiesOf(machine)['provisioningState'] = 'Updating';
  renewTag(call.world, machine);
  return operation;
}

/** @throws Refusal 412 | 409 */
function refuseUnless(call: ArmCall, machine: JsonObject): void {
  const name = textAt(machine, 'name') ?? '';
  if (textAt(machine, 'properties', 'provisioningState') === 'Deleting') {
    refuseAsArm(
      409,
      'OperationNotAllowed',
      `Operation 'Update' is not allowed on '${name}' since it is marked for deletion.`,
    );
  }
  if (isBusy(machine)) {
    refuseAsArm(
      409,
      'Conflict',
      `The request failed due to conflict with a concurrent request on '${name}'. To resolve it, please refer to the activity log.`,
    );
  }
  const tag = call.request.headers['if-match'];
  if (tag !== undefined && tag !== '*' && tag !== machine['etag']) {
    refuseAsArm(
      412,
      'PreconditionFailed',
      `The etag provided in the request does not match that of '${name}'.`,
    );
  }
}

function checkRight(call: ArmCall, right: string): void {
  const action = `Microsoft.Compute/${param(call, 'type')}/${right}`;
  if (mayCall(call.world, action)) {
    return;
  }
  refuseAsArm(
    403,
    'AuthorizationFailed',
    `The client does not have authorization to perform action '${action}' over scope '${call.request.path}' or the scope is invalid.`,
  );
}

function checkAssigning(call: ArmCall, id: string): void {
  if (mayCall(call.world, assignAction)) {
    return;
  }
  refuseAsArm(
    403,
    'LinkedAuthorizationFailed',
    `The client has permission to perform action 'Microsoft.Compute/${param(call, 'type')}/write' on scope '${call.request.path}'; however, it does not have permission to perform action '${assignAction}' on the linked scope(s) '${id}' or the linked scope(s) are invalid.`,
  );
}

function mayCall(world: World, action: string): boolean {
  return !world.settings.callerLacks.some((pattern) => matchesAction(pattern, action));
}
