import { textAt } from '../../exact-json.ts';
import { registerIdentities } from '../../imds/machine-registrations.ts';
import type { Operation, World } from '../../world.ts';
import {
  bringToModel,
  instanceKeysOf,
  instancesOf,
  propertiesOf,
  renewTag,
  takeIdentities,
} from './machine-documents.ts';

/**
 * A scale set takes its instances along, of which those with manual upgrades get the identities alone; those
 * that an upgrade was asked for get all.
 */
export function endMachineOperation(
  world: World,
  { key, upgrade }: NonNullable<Operation['machine']>,
  status: NonNullable<Operation['status']>,
): void {
  const machine = world.machines.get(key);
  if (machine === undefined) {
    return;
  }
  const isStillBusy = [...world.operations.values()].some(
    (other) => other.machine?.key === key && other.status === undefined,
  );
  if (!isStillBusy) {
    propertiesOf(machine)['provisioningState'] = status;
  }
  renewTag(world, machine);
  if (status !== 'Succeeded') {
    return;
  }
  const isManual = textAt(machine, 'properties', 'upgradePolicy', 'mode') === 'Manual';
  for (const instance of instancesOf(world, key)) {
    const isMeant = upgrade === null ? !isManual : upgrade.includes(textAt(instance, 'instanceId') ?? '');
    if (isMeant) {
      bringToModel(machine, instance);
    } else if (upgrade === null && !world.settings.instancesNeedUpgrade) {
      takeIdentities(machine, instance);
    }
  }
  for (const one of [key, ...instanceKeysOf(world, key)]) {
    registerIdentities(world, one);
  }
}
