import { copyJson, type JsonObject, objectAt, textAt } from '../../exact-json.ts';
import type { World } from '../../world.ts';

/**
 * The instances of a scale set, in the order in which they were made. @param key the scale set's id in lower
 * case
 */
export function instancesOf(world: World, key: string): JsonObject[] {
  return instanceKeysOf(world, key)
    .map((each) => world.machines.get(each))
    .filter((instance) => instance !== undefined);
}

export function instanceKeysOf(world: World, key: string): string[] {
  return [...world.machines.keys()].filter((each) => each.startsWith(`${key}/virtualmachines/`));
}

/**
 * Scale sets and virtual machines below a path, without the instances of scale sets. @param prefix lower
 * case, with a slash at its end
 */
export function machinesBelow(world: World, prefix: string): [key: string, machine: JsonObject][] {
  return [...world.machines].filter(
    ([key]) => key.startsWith(prefix) && !key.slice(prefix.length).includes('/'),
  );
}

export function isScaleSetKey(key: string): boolean {
  return key.includes('/virtualmachinescalesets/');
}

/** Whether the instances of a scale set are virtual machines in their own right. */
export function isFlexible(scaleSet: JsonObject): boolean {
  return textAt(scaleSet, 'properties', 'orchestrationMode') === 'Flexible';
}

/**
 * The virtual machines of a Flexible scale set: a change of its model reaches those alone that are made after
 * it.
 */
export function virtualMachinesOf(world: World, key: string): JsonObject[] {
  return [...world.machines.values()]
    .filter((one) => textAt(one, 'properties', 'virtualMachineScaleSet', 'id')?.toLowerCase() === key)
    .map((one) => ({ ...one, instanceId: textAt(one, 'name') ?? '' }));
}

export function propertiesOf(machine: JsonObject): JsonObject {
  const properties = objectAt(machine, 'properties') ?? {};
  machine['properties'] = properties;
  return properties;
}

export function isBusy(machine: JsonObject): boolean {
  return ['Updating', 'Creating', 'Deleting'].includes(
    textAt(machine, 'properties', 'provisioningState') ?? '',
  );
}

/** Makes an instance what its scale set's model says. */
export function bringToModel(scaleSet: JsonObject, instance: JsonObject): void {
  const model = objectAt(scaleSet, 'properties', 'virtualMachineProfile', 'storageProfile');
  const properties = propertiesOf(instance);
  properties['latestModelApplied'] = true;
  if (model !== undefined) {
    properties['storageProfile'] = copyJson(model);
  }
  takeIdentities(scaleSet, instance);
}

/** Gives an instance the identities of its scale set, and nothing else of its model. */
export function takeIdentities(scaleSet: JsonObject, instance: JsonObject): void {
  const identity = objectAt(scaleSet, 'identity');
  if (identity === undefined) {
    delete instance['identity'];
  } else {
    instance['identity'] = copyJson(identity);
  }
}

export function renewTag(world: World, machine: JsonObject): void {
  machine['etag'] = `"${world.newId()}"`;
}
