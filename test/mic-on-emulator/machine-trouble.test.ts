import { describe, expect, it } from 'vitest';
import { putBackMachines } from '../../src/emulator/arm/machines/put-back.ts';
import { poolMachine, scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { assignments, azureIdentity, binding, carriedBy, count, micWorld, pod, until } from './mic-world.ts';

const scaleSet = scaleSetId('nodepool1');
const solo = String(poolMachine('solo', 1)['id']);

/** Names of the identities that pods have, by the state that is shown for them. */
function inState(emulator: Emulator, state: string): string[] {
  return assignments(emulator)
    .filter(({ status }) => status?.status === state)
    .map(({ metadata }) => metadata.name)
    .sort();
}

async function areAssigned(emulator: Emulator, ...names: readonly string[]): Promise<void> {
  await until(() => names.every((name) => inState(emulator, 'Assigned').includes(name)) || undefined);
}

const patchesOf = (emulator: Emulator, status: number) =>
  emulator.requests.filter((one) => one.operation === 'machines.patch' && one.status === status);

/** A second pod on the scale set, with the identity `jobs`. */
const alsoJobs = pod('jobs-2', 'jobs', nodeName(1));

function world(settings: object = {}) {
  return micWorld({ scenario: 'standard-mode', seed: { settings: settings as never } });
}

describe('podid-mic on machines that make trouble', () => {
  it.each<[string, object]>([
    ['Compute', { updateMachine: { perMinute: 15, most: 1 } }],
    [
      'the identity service, which says when in its text alone',
      { assignIdentities: { perMinute: 60, most: 1 } },
    ],
  ])('comes to its end after a 429 of %s', async (_who, machineLimits) => {
    await using troubled = await world({ machineLimits });
    const { emulator } = troubled;
    await troubled.start();
    await areAssigned(emulator, 'web-1-demo-web', 'jobs-1-demo-jobs');
    emulator.kube.seed(alsoJobs as never);
    await areAssigned(emulator, 'jobs-2-demo-jobs');
    expect(carriedBy(emulator, scaleSet)).toEqual(['demo-agentpool', 'web', 'jobs']);
    expect(patchesOf(emulator, 429).length).toBeGreaterThan(0);
  });

  it('puts the others there where one of the identities may not be assigned', async () => {
    await using troubled = await world({ unassignableIdentities: [identityId('jobs')] });
    const { emulator } = troubled;
    emulator.kube.seed(alsoJobs as never);
    await troubled.start();
    await areAssigned(emulator, 'web-1-demo-web');
    expect(carriedBy(emulator, scaleSet)).toEqual(['demo-agentpool', 'web']);
    expect(inState(emulator, 'Created')).toEqual(['jobs-1-demo-jobs', 'jobs-2-demo-jobs']);
    expect(patchesOf(emulator, 403).length).toBeGreaterThan(0);
  });

  it('waits for a machine on which somebody else works', async () => {
    await using troubled = await world();
    const { emulator } = troubled;
    Object.assign(emulator.world.settings, { operationMs: [600_000, 600_000], operationPolls: 0 });
    putBackMachines(emulator.world, [scaleSet]);
    Object.assign(emulator.world.settings, { operationMs: [40, 40], operationPolls: 1 });
    await troubled.start();
    await areAssigned(emulator, 'jobs-1-demo-jobs');
    expect(inState(emulator, 'Created')).toEqual(['web-1-demo-web']);
    emulator.clock.advance(600_000);
    await areAssigned(emulator, 'web-1-demo-web');
    expect(carriedBy(emulator, scaleSet)).toContain('web');
  });

  it('puts back what AKS took, and nothing else', async () => {
    await using troubled = await world();
    const { emulator } = troubled;
    const mic = await troubled.start('--identity-assignment-reconcile-interval=300ms');
    await areAssigned(emulator, 'web-1-demo-web', 'jobs-1-demo-jobs');
    putBackMachines(emulator.world, [scaleSet]);
    expect(carriedBy(emulator, scaleSet)).toEqual(['demo-agentpool']);
    await until(() => carriedBy(emulator, scaleSet).includes('web') || undefined);
    await areAssigned(emulator, 'web-1-demo-web');
    expect(carriedBy(emulator, scaleSet)).toEqual(['demo-agentpool', 'web']);
    expect(await mic.metrics()).toMatch(/^podid_mic_identities_put_back_total 1$/m);
  });

  it('changes the machine of a Flexible scale set, and not its model', async () => {
    await using troubled = await world();
    const { emulator } = troubled;
    const flexible = scaleSetId('flex');
    emulator.seed({
      machines: [
        { id: flexible, properties: { provisioningState: 'Succeeded', orchestrationMode: 'Flexible' } },
        {
          ...poolMachine('solo', 1),
          properties: { provisioningState: 'Succeeded', virtualMachineScaleSet: { id: flexible } },
        },
      ],
    });
    await troubled.start();
    await areAssigned(emulator, 'jobs-1-demo-jobs');
    expect([carriedBy(emulator, solo), carriedBy(emulator, flexible)]).toEqual([
      ['demo-agentpool', 'jobs'],
      [],
    ]);
  });

  it('sends within the limits of the documents all at once, where forty pods come for twenty identities', async () => {
    await using troubled = await world({ machineLimits: 'documented' });
    const { emulator } = troubled;
    const names = Array.from({ length: 20 }, (_, index) => `app-${index}`);
    for (const [index, name] of names.entries()) {
      const properties = { clientId: `client-of-${name}`, principalId: `principal-${index}` };
      emulator.seed({ identities: [{ id: identityId(name), name, properties }] });
      emulator.kube.seed(azureIdentity(name) as never);
      emulator.kube.seed(binding(name, name) as never);
      emulator.kube.seed(pod(`${name}-a`, name, 0) as never);
      emulator.kube.seed(pod(`${name}-b`, name, 1) as never);
    }
    await troubled.start();
    await areAssigned(
      emulator,
      ...names.flatMap((name) => [`${name}-a-demo-${name}`, `${name}-b-demo-${name}`]),
    );
    expect(carriedBy(emulator, scaleSet)).toHaveLength(22);
    expect(patchesOf(emulator, 429)).toEqual([]);
    expect(count(emulator, 'machines.patch')).toBeLessThanOrEqual(4);
  });
});
