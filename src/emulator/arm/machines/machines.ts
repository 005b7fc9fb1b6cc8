import { at, type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { EmulatorResponse } from '../../http.ts';
import { registerIdentities, rememberIdentities } from '../../imds/machine-registrations.ts';
import type { World } from '../../world.ts';
import { ok, refuseAsArm } from '../arm-answers.ts';
import { type ArmCall, type ArmRoute, page, param, requireGroup, subscriptionOf } from '../arm-call.ts';
import { enabledProfile } from '../pod-identity-rules.ts';
import {
  instanceKeysOf,
  instancesOf,
  isFlexible,
  machinesBelow,
  virtualMachinesOf,
} from './machine-documents.ts';
import { spend } from './machine-limits.ts';

const group = '^/subscriptions/(?<subscription>[^/]+)/resourceGroups/(?<group>[^/]+)';
const provider = `${group}/providers/Microsoft\\.Compute/(?<type>virtualMachineScaleSets|virtualMachines)`;

/** Of one scale set or virtual machine, from the start of the path. */
export const machinePath = `${provider}/(?<name>[^/]+)`;

/** Scale sets, their instances and virtual machines, to be read. */
export const machineRoutes: readonly ArmRoute[] = [
  route('machines.list', provider, list),
  route(
    'machines.listBySubscription',
    provider.replace('/resourceGroups/(?<group>[^/]+)', ''),
    listOfSubscription,
  ),
  route('machines.get', machinePath, (call) => {
    spend(call.world, [
      { limit: 'getMachine', of: machineKey(call) },
      { limit: isOfScaleSets(call) ? 'getScaleSets' : 'getVirtualMachines', of: param(call, 'subscription') },
    ]);
    return ok(answerMachine(call, machineOf(call)));
  }),
  route('machines.instances', `${machinePath}/virtualMachines`, (call) => {
    const scaleSet = machineOf(call);
    const key = machineKey(call);
    return page(
      call,
      isFlexible(scaleSet) ? virtualMachinesOf(call.world, key) : instancesOf(call.world, key),
    );
  }),
];

function route(name: string, pattern: string, handle: ArmRoute['handle']): ArmRoute {
  return { name, method: 'GET', pattern: new RegExp(`${pattern}/?$`, 'i'), handle };
}

function isOfScaleSets(call: ArmCall): boolean {
  return param(call, 'type').toLowerCase() === 'virtualmachinescalesets';
}

function listOfSubscription(call: ArmCall): EmulatorResponse {
  const prefix = `/subscriptions/${subscriptionOf(call).subscriptionId}/resourcegroups/`.toLowerCase();
  spendForList(call);
  const type = `/providers/microsoft.compute/${param(call, 'type')}/`.toLowerCase();
  const found = [...call.world.machines].filter(
    ([key]) => key.startsWith(prefix) && key.split(type).length === 2 && !key.split(type)[1]?.includes('/'),
  );
  return page(
    call,
    found.map(([, machine]) => answerMachine(call, machine)),
  );
}

function spendForList(call: ArmCall): void {
  const limit = isOfScaleSets(call) ? 'listScaleSets' : 'listVirtualMachines';
  spend(call.world, [{ limit, of: param(call, 'subscription') }]);
}

function list(call: ArmCall): EmulatorResponse {
  requireGroup(call);
  spendForList(call);
  const found = machinesBelow(call.world, `${call.request.path.toLowerCase().replace(/\/+$/, '')}/`);
  return page(
    call,
    found.map(([, machine]) => answerMachine(call, machine)),
  );
}

/** @throws Refusal 404 */
export function machineOf(call: ArmCall): JsonObject {
  requireGroup(call);
  const found = call.world.machines.get(machineKey(call));
  if (found !== undefined) {
    return found;
  }
  return refuseAsArm(
    404,
    'ResourceNotFound',
    `The resource 'Microsoft.Compute/${param(call, 'type')}/${param(call, 'name')}' was not found.`,
  );
}

/** Under which the world holds the machine of a path, whatever follows it there. */
export function machineKey(call: ArmCall): string {
  return `/subscriptions/${param(call, 'subscription')}/resourceGroups/${param(call, 'group')}/providers/Microsoft.Compute/${param(call, 'type')}/${param(call, 'name')}`.toLowerCase();
}

/** The document as this request may see it: without a tag where the world has none. */
export function answerMachine(call: ArmCall, machine: JsonObject): JsonObject {
  if (call.world.settings.eTags && call.effects.withoutETag !== true) {
    return machine;
  }
  const { etag: _, ...untagged } = machine;
  return untagged;
}

/**
 * As the add-on does when an operation has ended: the Linux scale sets of the node resource group carry what
 * is assigned.
 */
export function equipNodes(world: World, cluster: JsonObject): void {
  const profile = enabledProfile(cluster);
  const subscription = (textAt(cluster, 'id') ?? '').split('/')[2] ?? '';
  const nodeGroup = textAt(cluster, 'properties', 'nodeResourceGroup') ?? '';
  const prefix =
    `/subscriptions/${subscription}/resourceGroups/${nodeGroup}/providers/Microsoft.Compute/virtualMachineScaleSets/`.toLowerCase();
  const assigned = listAt(profile, 'userAssignedIdentities')
    .filter((entry) => textAt(entry, 'provisioningState') === 'Assigned')
    .map((entry) => textAt(entry, 'identity', 'resourceId') ?? '');
  for (const [key, machine] of machinesBelow(world, prefix)) {
    if (isWindows(machine)) {
      continue;
    }
    for (const one of [key, ...instanceKeysOf(world, key)]) {
      rememberIdentities(world, one);
      equip(world, world.machines.get(one) ?? machine, assigned);
      registerIdentities(world, one);
    }
  }
}

function isWindows(machine: JsonObject): boolean {
  return (
    at(machine, 'properties', 'virtualMachineProfile', 'osProfile', 'windowsConfiguration') !== undefined
  );
}

function equip(world: World, machine: JsonObject, resourceIds: readonly string[]): void {
  const before = objectAt(machine, 'identity', 'userAssignedIdentities') ?? {};
  const has = new Set(Object.keys(before).map((id) => id.toLowerCase()));
  const missing = resourceIds.filter((id) => !has.has(id.toLowerCase()));
  if (missing.length === 0) {
    return;
  }
  const isSystemAssigned = textAt(machine, 'identity', 'type')?.includes('SystemAssigned') === true;
  machine['identity'] = {
    ...objectAt(machine, 'identity'),
    type: isSystemAssigned ? 'SystemAssigned, UserAssigned' : 'UserAssigned',
    userAssignedIdentities: {
      ...before,
      ...Object.fromEntries(missing.map((id) => [id, idsOf(world, id)])),
    },
  };
}

function idsOf(world: World, resourceId: string): JsonObject {
  const found = world.identities.get(resourceId.toLowerCase());
  return {
    principalId: textAt(found, 'properties', 'principalId') ?? '',
    clientId: textAt(found, 'properties', 'clientId') ?? '',
  };
}
