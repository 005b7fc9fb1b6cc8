import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { documentedLimits } from '../../src/emulator/arm/machines/documented-limits.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { assign, batch, control, send, slowly, solo } from './arm/machine-client.ts';

const group = batch.replace(/\/virtualMachineScaleSets.*/, '');

function limited(machineLimits: unknown, speed = 1): Promise<Emulator> {
  const settings = { machineLimits, busyMachines: 'accept' } as never;
  return startEmulator({
    scenario: 'node-pools',
    seed: { settings },
    now: () => 0,
    ...(speed === 1 ? {} : { time: { scale: 1 / speed } }),
  });
}

describe('the limits of requests to machines', () => {
  it.each([
    ['updateMachine', 'a change of one', (emulator: Emulator) => assign(emulator, solo, ['web'])],
    ['updateMachines', 'a change of any', (emulator: Emulator) => assign(emulator, batch, ['web'])],
    ['getMachine', 'a read of one', (emulator: Emulator) => send(emulator, 'GET', solo)],
    ['getVirtualMachines', 'a read of any machine', (emulator: Emulator) => send(emulator, 'GET', solo)],
    ['getScaleSets', 'a read of any scale set', (emulator: Emulator) => send(emulator, 'GET', batch)],
    [
      'listVirtualMachines',
      'a list of machines',
      (emulator: Emulator) => send(emulator, 'GET', `${group}/virtualMachines`),
    ],
    [
      'listScaleSets',
      'a list of scale sets',
      (emulator: Emulator) => send(emulator, 'GET', `${group}/virtualMachineScaleSets`),
    ],
  ])('count by %s %s', async (limit, _what, ask) => {
    await using emulator = await limited({ [limit]: { perMinute: 4, most: 2 } });
    expect([(await ask(emulator)).status, (await ask(emulator)).status]).toEqual([200, 200]);
    const refused = await ask(emulator);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'OperationNotAllowed']);
    expect(refused.body.error.details[0]).toMatchObject({
      code: 'TooManyRequests',
      target: `Microsoft.Compute/${limit}`,
    });
    expect(refused.headers.get('retry-after')).toBe('15');
    emulator.clock.advance(15_000);
    expect([(await ask(emulator)).status, (await ask(emulator)).status]).toEqual([200, 429]);
  });

  it('are those of the documents by that word, each machine by itself', async () => {
    await using emulator = await limited('documented');
    const all = await Promise.all(Array.from({ length: 13 }, () => assign(emulator, solo, ['web'])));
    expect(all.map(({ status }) => status).toSorted()).toEqual([...Array(12).fill(200), 429]);
    expect((await assign(emulator, batch, ['web'])).status).toBe(200);
  });

  it('bound the polls of an operation on a virtual machine, and not on a scale set', async () => {
    await using emulator = await limited({ pollVirtualMachine: { perMinute: 1, most: 1 } });
    emulator.seed({ settings: slowly });
    const poll = async (machine: string) => {
      const started = await assign(emulator, machine, ['web']);
      const url = new URL(started.headers.get('azure-asyncoperation') ?? '');
      const headers = { authorization: `Bearer ${emulator.armToken}` };
      const asked = async () => (await fetch(url, { headers })).status;
      return [await asked(), await asked()];
    };
    expect(await poll(solo)).toEqual([200, 429]);
    expect(await poll(batch)).toEqual([200, 200]);
  });

  it('wrap that of the identity service, which says how long in its text alone', async () => {
    await using emulator = await limited({ assignIdentities: { perMinute: 6, most: 2 } });
    expect((await assign(emulator, solo, ['web', 'jobs'])).status).toBe(200);
    const refused = await assign(emulator, batch, ['web']);
    expect([refused.status, refused.body.error.code]).toEqual([429, 'FailedIdentityOperation']);
    expect(refused.body.error.message).toContain(`resource ${batch} has issued too many requests`);
    expect(refused.body.error.message).toContain('Retry after 10 seconds.');
    expect(refused.headers.get('retry-after')).toBeNull();
    const { body } = await send(emulator, 'GET', batch);
    expect(Object.keys(body.identity.userAssignedIdentities)).not.toContain(identityId('web'));
    expect((await assign(emulator, solo, [], ['jobs'])).status).toBe(200);
  });

  it('are waited for by the clock of the caller where that of the emulator is faster', async () => {
    await using emulator = await limited({ getMachine: { perMinute: 1, most: 1 } }, 10);
    await send(emulator, 'GET', solo);
    expect((await send(emulator, 'GET', solo)).headers.get('retry-after')).toBe('6');
  });
});

describe('the settings of a world', () => {
  it.each([
    ['a setting', { imdsMachine: 'x' }, 'imdsMachine'],
    ['a limit', { machineLimits: { updateVm: { perMinute: 1, most: 1 } } }, 'updateVm'],
  ])('are refused with %s that does not exist', async (_what, settings, name) => {
    await using emulator = await startEmulator();
    const before = structuredClone(emulator.world.settings);
    const refused = await control(emulator, 'world', { settings });
    expect(refused).toMatchObject({ status: 400, body: { error: expect.stringContaining(`: ${name}.`) } });
    expect(emulator.world.settings).toEqual(before);
  });

  it('are those of its schema in the document, and the limits those of its table', async () => {
    await using emulator = await startEmulator();
    const document = await readFile(new URL('../../docs/emulator.md', import.meta.url), 'utf8');
    const schemas = [...document.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text ?? ''));
    const { settings } = schemas.find((one) => one.title === 'World').properties;
    expect(Object.keys(settings.properties).toSorted()).toEqual(
      Object.keys(emulator.world.settings).toSorted(),
    );
    const rows = [...document.matchAll(/^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \| ([\d,() ]+) \|$/gm)];
    const told = rows.flatMap(([, names = '', numbers = '']) => {
      const found = [...numbers.matchAll(/([\d,]*\d) \(([\d,]*\d)\)/g)];
      return names.split(', ').map((name, index) => {
        const [perMinute, most] = (found[index]?.slice(1) ?? []).map((text) =>
          Number(text.replaceAll(',', '')),
        );
        return [name.replaceAll('`', ''), { perMinute, most }];
      });
    });
    expect(Object.fromEntries(told)).toEqual(documentedLimits);
  });
});
