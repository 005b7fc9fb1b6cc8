import { textAt } from '../../exact-json.ts';
import type { Operation, World } from '../../world.ts';
import { bringToModel, instancesOf, propertiesOf, renewTag } from './machine-documents.ts';

/**
 * A scale set whose upgrades are not manual takes its instances along; one that is takes those that were
 * asked for.
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
  propertiesOf(machine)['provisioningState'] = status;
  renewTag(world, machine);
  if (status !== 'Succeeded') {
    return;
  }
  const isManual = textAt(machine, 'properties', 'upgradePolicy', 'mode') === 'Manual';
  for (const instance of instancesOf(world, key)) {
    const isMeant = upgrade === null ? !isManual : upgrade.includes(textAt(instance, 'instanceId') ?? '');
    if (isMeant) {
      bringToModel(machine, instance);
    }
  }
}
