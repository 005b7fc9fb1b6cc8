import { describe, expect, it } from 'vitest';
import { podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { assign, carried, errorOf, inPools, laggingPools, type Node, patches } from './node-worlds.ts';

const onBatch = assign('web', '--node-pool', 'batch');
const conflict = { error: { code: 'Conflict', message: 'conflict with a concurrent request' } };
const wrapped = {
  error: {
    code: 'FailedIdentityOperation',
    message: `failed with error 'Failed to perform resource identity operation. Status: '429'. … Retry after 20 seconds.'`,
  },
};
const throttled = { error: { code: 'OperationNotAllowed', message: 'too many requests' } };

describe('a change of machines', () => {
  it.each([
    ['409', { status: 409, body: conflict }],
    ['412', { status: 412, body: { error: { code: 'PreconditionFailed', message: 'x' } } }],
    ['429', { status: 429, body: throttled, headers: { 'retry-after': '0' } }],
    ['429 of the identity service', { status: 429, body: wrapped }],
    ['500', { status: 500 }],
    ['a cut connection', { drop: true }],
  ])('outlives %s', async (_what, effect) => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({ match: { operation: 'machines.patch', times: 2 }, effect });
    const [node]: Node[] = await podid.json(onBatch);
    expect(node?.identities).toContain(identityId('web'));
    expect(patches(podid)).toHaveLength(3);
  });

  it.each([
    ['an answer of 500', { status: 500, when: 'after' as const }],
    ['a cut connection', { drop: true, when: 'after' as const }],
  ])('that took effect in spite of %s is not sent again', async (_what, effect) => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({ match: { operation: 'machines.patch', times: 1 }, effect });
    const [node]: Node[] = await podid.json(onBatch);
    expect(node?.identities).toContain(identityId('web'));
    expect(patches(podid)).toHaveLength(1);
  });

  it('outlives a conflict when instances are upgraded', async () => {
    await using podid = await emulatedPodid(laggingPools);
    podid.emulator.faults.add({
      match: { operation: 'machines.upgradeInstances', times: 1 },
      effect: { status: 409, body: conflict },
    });
    const [node]: Node[] = await podid.json(assign('web', '--node-pool', 'nodepool1', '--upgrade-instances'));
    expect(node?.instancesUpToDate).toBe(true);
    expect(podid.count('machines.upgradeInstances')).toBe(2);
  });

  it('ends with 5 when the machine is busy to the end of --timeout', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({
      match: { operation: 'machines.patch' },
      effect: { status: 409, body: conflict },
    });
    const ran = await podid.run([...onBatch, '--timeout', '300ms']);
    expect(errorOf(ran)).toMatchObject({ exitCode: 5, code: 'MachineBusy', stdout: '' });
  });

  it('ends with 5 on a machine that is being deleted', async () => {
    await using podid = await emulatedPodid(inPools);
    for (const machine of podid.emulator.world.machines.values()) {
      Object.assign(machine['properties'] ?? {}, { provisioningState: 'Deleting' });
    }
    expect(errorOf(await podid.run(onBatch))).toMatchObject({ exitCode: 5, code: 'MachineStateForbids' });
    expect(patches(podid)).toEqual([]);
  });
});

describe('a change that reaches some machines and not others', () => {
  it('ends with 8, with the result on stdout and each failure named', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({
      match: { operation: 'machines.patch', path: 'aks-solo-12345678-vms2$' },
      effect: { status: 400, body: { error: { code: 'FailedIdentityOperation', message: 'no' } } },
    });
    const ran = await podid.run(assign('web'));
    const error = errorOf(ran);
    expect(error).toMatchObject({ exitCode: 8, code: 'MachinesLeftOut' });
    expect(error.message).toMatch(/^1 of 4 machines/);
    expect(error.details).toMatchObject([
      { code: 'AssignRefused', message: expect.stringContaining('vms2') },
    ]);
    const names = carried(JSON.parse(ran.stdout)).map((row) => (row as string[])[3]?.split(' ').at(-1));
    expect(names).toEqual(['web', 'web', 'web', 'demo-agentpool']);
  });

  it('ends with the reason of all when none took it', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({
      match: { operation: 'machines.patch' },
      effect: { status: 400, body: { error: { code: 'FailedIdentityOperation', message: 'no' } } },
    });
    const error = errorOf(await podid.run(assign('web')));
    expect(error).toMatchObject({ exitCode: 5, code: 'AssignRefused', stdout: '' });
    expect(error.details).toHaveLength(4);
  });

  it('ends with 8 when the operation fails though Azure accepted it', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({
      match: { operation: 'machines.patch' },
      effect: { operation: { status: 'Failed', error: { code: 'InternalError', message: 'of Azure' } } },
    });
    const ran = await podid.run(onBatch);
    expect(errorOf(ran)).toMatchObject({ exitCode: 8, code: 'EntryFailed' });
    expect(errorOf(ran).message).toContain('InternalError: of Azure');
    expect(JSON.parse(ran.stdout)).toHaveLength(1);
  });
});

describe('a change that lasts beyond --timeout', () => {
  it('ends with 7, goes on in Azure, and is taken up by the same command', async () => {
    await using podid = await emulatedPodid(laggingPools);
    const { settings } = podid.emulator.world;
    settings.operationMs = [600_000, 600_000];
    settings.operationPolls = 0;
    const ran = await podid.run([...onBatch, '--timeout', '500ms']);
    expect(errorOf(ran)).toMatchObject({ exitCode: 7, code: 'TimedOut', stdout: '' });
    expect(errorOf(ran).hint).toContain('podid node list');
    podid.emulator.clock.advance(700_000);
    Object.assign(settings, { operationMs: [40, 40], operationPolls: 1 });
    const [node]: Node[] = await podid.json([...onBatch, '--upgrade-instances']);
    expect(node?.identities).toContain(identityId('web'));
    expect([patches(podid).length, podid.count('machines.upgradeInstances')]).toEqual([1, 1]);
  });
});

describe('a change without waiting', () => {
  it('ends when Azure has accepted it, and reports that the instances are left', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.world.settings.operationMs = [600_000, 600_000];
    podid.emulator.world.settings.operationPolls = 0;
    const ran = await podid.run([...onBatch, '--no-wait', '--upgrade-instances']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('instances of scale sets with manual upgrades are not upgraded');
    expect(podid.count('operations.get')).toBe(0);
    expect(JSON.parse(ran.stdout)[0].identities).toContain(identityId('web'));
    const again = await podid.run([...assign('nobody-yet', '--node-pool', 'batch'), '--no-wait']);
    expect(errorOf(again).code).toBe('IdentityNotFound');
    podid.emulator.world.identities.set(identityId('nobody-yet').toLowerCase(), {
      id: identityId('nobody-yet'),
      properties: { clientId: 'c', principalId: 'p' },
    });
    const busy = await podid.run([...assign('nobody-yet', '--node-pool', 'batch'), '--no-wait']);
    expect(errorOf(busy)).toMatchObject({ exitCode: 5, code: 'MachineBusy' });
  });
});
