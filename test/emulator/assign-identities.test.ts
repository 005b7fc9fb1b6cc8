import { describe, expect, it } from 'vitest';
import { type JsonObject, textAt } from '../../src/emulator/exact-json.ts';
import { ownMachine } from '../../src/emulator/scenarios/machine-parts.ts';
import { scenarioCatalog } from '../../src/emulator/scenarios/scenario-catalog.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { send } from './arm/machine-client.ts';

/** A scenario's first and last. */
function identitiesOf({ world }: Emulator): string[] {
  const ids = [...world.identities.values()].map((identity) => textAt(identity, 'id') ?? '');
  return [...new Set([ids[0] ?? '', ids.at(-1) ?? ''])];
}

/** A PATCH with the one identity that comes, by the type that leaves a system-assigned one where it is. */
async function assign(emulator: Emulator, machine: string, id: string) {
  const { body } = await send(emulator, 'GET', machine);
  const hasOwn = textAt(body, 'identity', 'principalId') !== undefined;
  const type = hasOwn ? 'SystemAssigned, UserAssigned' : 'UserAssigned';
  return send(emulator, 'PATCH', machine, { identity: { type, userAssignedIdentities: { [id]: {} } } });
}

const machinesOf = ({ world }: Emulator) =>
  [...world.machines.values()]
    .filter(({ type }) => /\/(virtualMachines|virtualMachineScaleSets)$/.test(String(type)))
    .filter(({ id }) => !/virtualMachineScaleSets\/.*\/virtualMachines/.test(String(id)))
    .map(({ id }) => String(id));

describe('an identity of a scenario', () => {
  it.each(Object.keys(scenarioCatalog))('of %s is taken by each of its machines', async (scenario) => {
    await using emulator = await startEmulator({
      scenario,
      seed: { machines: [ownMachine('own')], settings: { operationMs: [0, 0], operationPolls: 0 } },
    });
    const machines = machinesOf(emulator);
    expect(machines.some((id) => id.includes('/virtualMachineScaleSets/'))).toBe(true);
    expect(machines.some((id) => id.endsWith('/virtualMachines/own'))).toBe(true);
    for (const machine of machines) {
      for (const id of identitiesOf(emulator)) {
        const answer = await assign(emulator, machine, id);
        expect([machine, answer.status, answer.body.error]).toEqual([machine, 200, undefined]);
        const { body } = await send(emulator, 'GET', machine);
        const clientId = textAt(
          emulator.world.identities.get(id.toLowerCase()) ?? {},
          'properties',
          'clientId',
        );
        const carried = Object.entries(body.identity.userAssignedIdentities as Record<string, JsonObject>);
        const [, found] = carried.find(([key]) => key.toLowerCase() === id.toLowerCase()) ?? [];
        expect([machine, textAt(found ?? {}, 'clientId')]).toEqual([machine, clientId]);
      }
    }
  });
});
