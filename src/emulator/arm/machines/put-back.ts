import { at, type Json, type JsonObject, listAt, objectAt, textAt } from '../../exact-json.ts';
import type { World } from '../../world.ts';
import { enabledProfile } from '../pod-identity-rules.ts';
import { isBusy, machinesBelow } from './machine-documents.ts';
import { startMachineOperation } from './start-machine-operation.ts';

/**
 * What AKS has been seen to do in upgrades and when it scales (aad-pod-identity #633, #639, #898): it puts
 * machines back to what it knows of them, so that they lose every user-assigned identity but the cluster's
 * own and those of the add-on's entries. Each is Updating meanwhile.
 *
 * @param ids of machines; every scale set of the clusters' node resource groups when absent
 * @returns the ids of those that are put back
 * @throws RangeError for one that does not exist, or on which an operation runs
 */
export function putBackMachines(world: World, ids: readonly string[] | undefined): string[] {
  const keys =
    ids?.map((id) => id.toLowerCase()) ?? nodeGroups(world).flatMap((group) => scaleSetsIn(world, group));
  const own = new Set([...world.clusters.values()].flatMap(({ document }) => idsOfCluster(document)));
  const machines = keys.map((key) => [key, machineOf(world, key)] as const);
  return machines.map(([key, machine]) => {
    startMachineOperation(world, key, { upgrade: null });
    keepOnly(machine, own);
    return textAt(machine, 'id') ?? key;
  });
}

function machineOf(world: World, key: string): JsonObject {
  const machine = world.machines.get(key);
  if (machine === undefined) {
    throw new RangeError(`There is no machine '${key}'.`);
  }
  if (isBusy(machine) && world.settings.busyMachines === 'refuse') {
    throw new RangeError(`An operation runs on '${key}'.`);
  }
  return machine;
}

function nodeGroups(world: World): string[] {
  return [...world.clusters.values()].map(({ document }) => {
    const subscription = (textAt(document, 'id') ?? '').split('/')[2] ?? '';
    const group = textAt(document, 'properties', 'nodeResourceGroup') ?? '';
    return `/subscriptions/${subscription}/resourceGroups/${group}`;
  });
}

function scaleSetsIn(world: World, group: string): string[] {
  const prefix = `${group}/providers/Microsoft.Compute/virtualMachineScaleSets/`.toLowerCase();
  return machinesBelow(world, prefix).map(([key]) => key);
}

/** Of its kubelets, its add-ons and its entries, in lower case. */
function idsOfCluster(document: JsonObject): string[] {
  const { identityProfile = {}, addonProfiles = {} } = objectAt(document, 'properties') ?? {};
  const assigned = listAt(enabledProfile(document), 'userAssignedIdentities').filter(
    (entry) => textAt(entry, 'provisioningState') === 'Assigned',
  );
  const holders: (Json | undefined)[] = [
    ...Object.values(objectAt(identityProfile) ?? {}),
    ...Object.values(objectAt(addonProfiles) ?? {}).map((addon) => at(addon, 'identity')),
    ...assigned.map((entry) => at(entry, 'identity')),
  ];
  return holders.map((holder) => textAt(holder, 'resourceId')?.toLowerCase() ?? '');
}

function keepOnly(machine: JsonObject, own: ReadonlySet<string>): void {
  const carried = Object.entries(objectAt(machine, 'identity', 'userAssignedIdentities') ?? {});
  const kept = carried.filter(([id]) => own.has(id.toLowerCase()));
  const types = [
    ...(textAt(machine, 'identity', 'type')?.includes('SystemAssigned') === true ? ['SystemAssigned'] : []),
    ...(kept.length > 0 ? ['UserAssigned'] : []),
  ];
  if (types.length === 0) {
    delete machine['identity'];
    return;
  }
  const { userAssignedIdentities: _, ...rest } = objectAt(machine, 'identity') ?? {};
  machine['identity'] = {
    ...rest,
    type: types.join(', '),
    ...(kept.length > 0 ? { userAssignedIdentities: Object.fromEntries(kept) } : {}),
  };
}
