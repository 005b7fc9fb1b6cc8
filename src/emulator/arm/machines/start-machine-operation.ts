import { textAt } from '../../exact-json.ts';
import type { FaultEffect } from '../../faults.ts';
import { rememberIdentities } from '../../imds/machine-registrations.ts';
import type { Operation, World } from '../../world.ts';
import { startOperation } from '../operations.ts';
import { instanceKeysOf, propertiesOf, renewTag } from './machine-documents.ts';

/**
 * An operation on a scale set or virtual machine, which is Updating until it ends. To be called before the
 * machine is changed.
 *
 * @param upgrade the instances that are brought to the model of their scale set; null in a change of that
 * model
 */
export function startMachineOperation(
  world: World,
  key: string,
  { upgrade, effects = {} }: { readonly upgrade: readonly string[] | null; readonly effects?: FaultEffect },
): Operation {
  const machine = world.machines.get(key) ?? {};
  for (const one of [key, ...instanceKeysOf(world, key)]) {
    rememberIdentities(world, one);
  }
  const operation = startOperation(
    world,
    {
      subscriptionId: key.split('/')[2] ?? '',
      location: textAt(machine, 'location') ?? 'unknown',
      clusterKey: '',
      kind: 'update',
      machine: { key, upgrade },
    },
    effects,
  );
  propertiesOf(machine)['provisioningState'] = 'Updating';
  renewTag(world, machine);
  return operation;
}
