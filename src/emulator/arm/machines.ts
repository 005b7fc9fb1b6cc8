import { at, type JsonObject, listAt, objectAt, textAt } from '../exact-json.ts';
import type { EmulatorResponse } from '../http.ts';
import type { World } from '../world.ts';
import { ok, refuseAsArm } from './arm-answers.ts';
import { type ArmCall, type ArmRoute, page, param, requireGroup } from './arm-call.ts';
import { enabledProfile } from './pod-identity-rules.ts';

const group = '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)';
const provider = `${group}/providers/Microsoft\\.Compute/(?<type>virtualMachineScaleSets|virtualMachines)`;

/** Scale sets and virtual machines, to be read. */
export const machineRoutes: readonly ArmRoute[] = [
  route('machines.list', provider, list),
  route('machines.get', `${provider}/(?<name>[^/]+)`, get),
];

function route(name: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method: 'GET', pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

function list(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const prefix = `${call.request.path.toLowerCase().replace(/\/+$/, '')}/`;
  return page(
    call,
    [...call.world.machines].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one),
  );
}

function get(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  const found = call.world.machines.get(call.request.path.toLowerCase().replace(/\/+$/, ''));
  if (found !== undefined) return ok(found);
  return refuseAsArm(
    404,
    'ResourceNotFound',
    `The resource 'Microsoft.Compute/${param(call, 'type')}/${param(call, 'name')}' was not found.`,
  );
}

/** As the add-on does when an operation has ended: the Linux scale sets of the node resource group carry what is assigned. */
export function equipNodes(world: World, cluster: JsonObject): void {
  const profile = enabledProfile(cluster);
  const subscription = (textAt(cluster, 'id') ?? '').split('/')[2] ?? '';
  const nodeGroup = textAt(cluster, 'properties', 'nodeResourceGroup') ?? '';
  const prefix =
    `/subscriptions/${subscription}/resourceGroups/${nodeGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/`.toLowerCase();
  const assigned = listAt(profile, 'userAssignedIdentities').filter(
    (entry) => textAt(entry, 'provisioningState') === 'Assigned',
  );
  for (const [key, machine] of world.machines) {
    if (key.startsWith(prefix) && !isWindows(machine)) {
      for (const entry of assigned) assign(world, machine, textAt(entry, 'identity', 'resourceId') ?? '');
    }
  }
}

function isWindows(machine: JsonObject): boolean {
  return (
    at(machine, 'properties', 'virtualMachineProfile', 'osProfile', 'windowsConfiguration') !== undefined
  );
}

function assign(world: World, machine: JsonObject, resourceId: string): void {
  const before = objectAt(machine, 'identity', 'userAssignedIdentities') ?? {};
  if (Object.keys(before).some((id) => id.toLowerCase() === resourceId.toLowerCase())) return;
  const found = world.identities.get(resourceId.toLowerCase());
  const ids = {
    principalId: textAt(found, 'properties', 'principalId') ?? '',
    clientId: textAt(found, 'properties', 'clientId') ?? '',
  };
  machine['identity'] = {
    type: 'UserAssigned',
    userAssignedIdentities: { ...before, [resourceId]: ids },
  };
}
