import { copyJson, type JsonObject, objectAt, textAt } from '../../exact-json.ts';
import type { World } from '../../world.ts';

/**
 * The instances of a scale set, in the order in which they were made. @param key the scale set's id in lower
 * case
 */
export function instancesOf(world: World, key: string): JsonObject[] {
  return [...world.machines]
    .filter(([each]) => each.startsWith(`${key}/virtualmachines/`))
    .map(([, instance]) => instance);
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
