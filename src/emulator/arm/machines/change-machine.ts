import { type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import type { World } from '../../world.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, objectBody, param } from '../arm-call.ts';
import { operationHeaders } from '../operation-answers.ts';
import { assignAction } from '../permissions.ts';
import { matchesAction } from '../roles.ts';
import { instancesOf, isBusy, isFlexible, propertiesOf } from './machine-documents.ts';
import { patchedIdentity } from './machine-identity-rules.ts';
import { type MachineCharge, spend, spendAssignments } from './machine-limits.ts';
import { answerMachine, machineKey, machineOf, machinePath } from './machines.ts';
import { startMachineOperation } from './start-machine-operation.ts';

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

function patch(call: ArmCall): EmulatorResponse {
  const machine = machineOf(call);
  const body = objectBody(call);
  checkRight(call, 'write');
  spend(call.world, updateCharges(call));
  const named = objectAt(body, 'identity', 'userAssignedIdentities') ?? {};
  const assigned = Object.keys(named).filter((id) => named[id] !== null);
  checkAssigning(call, assigned);
  refuseUnless(call, machine);
  const known = ['identity', 'tags'];
  const unknown = Object.keys(body).filter((member) => !known.includes(member));
  if (unknown.length > 0) {
    refuseAsArm(400, 'InvalidParameter', `The emulator changes no ${unknown.join(', ')} of machines.`);
  }
  const { world, effects } = call;
  const after =
    body['identity'] === undefined
      ? objectAt(machine, 'identity')
      : patchedIdentity(world, machine, body['identity']);
  const { subscription } = call.params;
  spendAssignments(world, { of: subscription ?? '', tokens: assigned.length }, textAt(machine, 'id') ?? '');
  const operation = startMachineOperation(world, machineKey(call), { upgrade: null, effects });
  setIdentity(call, machine, after);
  if (body['tags'] !== undefined) {
    machine['tags'] = body['tags'];
  }
  return { ...ok(answerMachine(call, machine)), headers: operationHeaders(call, operation) };
}

function setIdentity(call: ArmCall, machine: JsonObject, after: JsonObject | undefined): void {
  if (after === undefined) {
    delete machine['identity'];
  } else {
    machine['identity'] = after;
  }
  if (!call.world.settings.instancesNeedUpgrade) {
    return;
  }
  for (const instance of instancesOf(call.world, machineKey(call))) {
    propertiesOf(instance)['latestModelApplied'] = false;
  }
}

function upgradeInstances(call: ArmCall): EmulatorResponse {
  const machine = machineOf(call);
  checkRight(call, 'manualupgrade/action');
  spend(call.world, updateCharges(call));
  refuseUnless(call, machine);
  if (isFlexible(machine)) {
    refuseAsArm(
      400,
      'OperationNotAllowed',
      `The operation 'manualupgrade' is not allowed on '${textAt(machine, 'name')}' since its orchestration mode is Flexible.`,
    );
  }
  const wanted = listAt(objectBody(call), 'instanceIds').map(String);
  const ids = instancesOf(call.world, machineKey(call)).map((one) => textAt(one, 'instanceId') ?? '');
  const missing = wanted.filter((id) => id !== '*' && !ids.includes(id));
  if (wanted.length === 0 || missing.length > 0) {
    refuseAsArm(400, 'InvalidParameter', `The instances '${missing.join(', ')}' are not found.`);
  }
  const upgrade = wanted.includes('*') ? ids : wanted;
  const { world, effects } = call;
  const operation = startMachineOperation(world, machineKey(call), { upgrade, effects });
  return { status: 202, headers: operationHeaders(call, operation) };
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
  if (isBusy(machine) && call.world.settings.busyMachines === 'refuse') {
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

/** All that may not be assigned are named in one list, as Azure does. */
function checkAssigning(call: ArmCall, ids: readonly string[]): void {
  const { unassignableIdentities } = call.world.settings;
  const lacking = mayCall(call.world, assignAction)
    ? ids.filter((id) => unassignableIdentities.some((one) => one.toLowerCase() === id.toLowerCase()))
    : ids;
  if (lacking.length === 0) {
    return;
  }
  refuseAsArm(
    403,
    'LinkedAuthorizationFailed',
    `The client has permission to perform action 'Microsoft.Compute/${param(call, 'type')}/write' on scope '${call.request.path}'; however, it does not have permission to perform action '${assignAction}' on the linked scope(s) '${lacking.join(',')}' or the linked scope(s) are invalid.`,
  );
}

function updateCharges(call: ArmCall): MachineCharge[] {
  return [
    { limit: 'updateMachine', of: machineKey(call) },
    { limit: 'updateMachines', of: param(call, 'subscription') },
  ];
}

function mayCall(world: World, action: string): boolean {
  return !world.settings.callerLacks.some((pattern) => matchesAction(pattern, action));
}
