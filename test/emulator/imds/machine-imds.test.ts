import { describe, expect, it } from 'vitest';
import { identityId } from '../../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../../src/emulator/start-emulator.ts';
import { assign, batch, control, send, slowly, solo } from '../arm/machine-client.ts';

/** What the metadata service answers for an identity, by its name; for none, when no name is given. */
async function ask(emulator: Emulator, name?: string): Promise<[status: number, text: string]> {
  const query = new URLSearchParams({
    'api-version': '2018-02-01',
    resource: 'https://vault.azure.net',
    ...(name === undefined ? {} : { msi_res_id: identityId(name) }),
  });
  const response = await fetch(`${emulator.url}/metadata/identity/oauth2/token?${query}`, {
    headers: { metadata: 'true' },
  });
  const body = (await response.json()) as { client_id?: string; error_description?: string };
  return [response.status, body.client_id ?? body.error_description ?? ''];
}

const notFound = [400, 'Identity not found'];
const found = [200, expect.any(String)];

function onMachine(machine: string, more: object = {}): Promise<Emulator> {
  const settings = { ...slowly, imdsMachines: { '*': machine.toUpperCase() }, ...more };
  return startEmulator({ scenario: 'node-pools', seed: { settings }, now: () => 0 });
}

describe('the metadata service of a machine', () => {
  it('knows what that machine carries, and no other identity', async () => {
    await using emulator = await onMachine(batch);
    expect(await ask(emulator, 'jobs')).toEqual(found);
    expect(await ask(emulator, 'web')).toEqual(notFound);
    emulator.seed({ settings: { imdsMachines: { '*': solo } } });
    expect(await ask(emulator, 'jobs')).toEqual(notFound);
  });

  it('answers for the system-assigned identity when none is named', async () => {
    await using emulator = await onMachine(batch);
    expect(await ask(emulator)).toEqual([200, '00000000-0000-4000-8000-00000b1e00fe']);
  });

  it('is chosen by the address of the caller', async () => {
    await using emulator = await onMachine(batch, { imdsMachines: { '127.0.0.1': batch, '*': solo } });
    expect(await ask(emulator, 'jobs')).toEqual(found);
    emulator.seed({ settings: { imdsMachines: { '10.0.0.1': batch } } });
    expect(await ask(emulator, 'jobs')).toEqual(notFound);
  });

  it.each([
    ['a scale set', batch],
    ['an instance of one', `${batch}/virtualMachines/1`],
  ])(
    'of %s learns of a change when the operation has ended, and as late as is set',
    async (_what, machine) => {
      await using emulator = await onMachine(machine, { imdsDelayMs: 5000 });
      await assign(emulator, batch, ['web'], ['jobs']);
      expect([await ask(emulator, 'web'), await ask(emulator, 'jobs')]).toEqual([notFound, found]);
      emulator.clock.advance(60_000);
      await send(emulator, 'GET', batch);
      expect([await ask(emulator, 'web'), await ask(emulator, 'jobs')]).toEqual([notFound, notFound]);
      emulator.clock.advance(5000);
      expect(await ask(emulator, 'web')).toEqual(found);
    },
  );

  it('learns nothing of a change that failed', async () => {
    await using emulator = await onMachine(batch);
    const error = { code: 'InternalError', message: 'x' };
    emulator.faults.set([{ effect: { operation: { status: 'Failed', error } } }]);
    await assign(emulator, batch, ['web'], ['jobs']);
    emulator.clock.advance(60_000);
    expect([await ask(emulator, 'web'), await ask(emulator, 'jobs')]).toEqual([notFound, found]);
  });

  it.each([
    ['finds', false, found],
    ['does not find', true, notFound],
  ])(
    '%s an identity that was taken away and put there again',
    async (_what, imdsLosesReassigned, expected) => {
      await using emulator = await onMachine(batch, { imdsLosesReassigned });
      for (const change of [[[], ['jobs']], [['jobs', 'web']]] as const) {
        await assign(emulator, batch, change[0], change[1]);
        emulator.clock.advance(60_000);
      }
      expect([await ask(emulator, 'jobs'), await ask(emulator, 'web')]).toEqual([expected, found]);
    },
  );

  it('loses what AKS took from the scale set', async () => {
    await using emulator = await onMachine(batch);
    await control(emulator, 'put-back', { machines: [batch] });
    expect(await ask(emulator, 'jobs')).toEqual(found);
    emulator.clock.advance(60_000);
    expect(await ask(emulator, 'jobs')).toEqual(notFound);
  });

  it('goes on answering for the identity that it knew where one of the same name took its place', async () => {
    await using emulator = await onMachine(batch);
    const before = await ask(emulator, 'jobs');
    emulator.clock.advance(1);
    await assign(emulator, batch, ['web']);
    const properties = { clientId: 'another', principalId: 'another' };
    emulator.seed({ identities: [{ id: identityId('jobs'), properties }] });
    emulator.clock.advance(60_000);
    expect(await ask(emulator, 'jobs')).toEqual(before);
  });
});
