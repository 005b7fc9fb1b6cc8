import { describe, expect, it } from 'vitest';
import { podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { assign, errorOf, inPools, type Node, patches, unassign } from './node-worlds.ts';

const onBatch = assign('web', '--node-pool', 'batch');

describe('before it changes a machine, podid', () => {
  it('names every identity that does not exist', async () => {
    await using podid = await emulatedPodid(inPools);
    const error = errorOf(await podid.run(assign('web', 'nobody', 'noone')));
    expect(error).toMatchObject({ exitCode: 4, code: 'IdentityNotFound', stdout: '' });
    expect(
      error.details.map(({ message }) => /no\w+/.exec(message.split('identity ')[1] ?? '')?.[0]),
    ).toEqual(['nobody', 'noone']);
    expect(patches(podid)).toEqual([]);
  });

  it('names every fault of the flags at once', async () => {
    await using podid = await emulatedPodid(inPools);
    const error = errorOf(
      await podid.run(['node', 'assign', '--identities', 'web', '/x', '--vm', 'a b', '--frobnicate']),
    );
    expect(error).toMatchObject({ exitCode: 2, code: 'InvalidUsage' });
    expect(error.details).toHaveLength(4);
    expect(podid.emulator.requests).toEqual([]);
  });

  it.each([
    ['without', [], []],
    ['with', ['--upgrade-instances'], ['Microsoft.Compute/virtualMachineScaleSets/manualupgrade/action']],
  ])(
    'names every right that the caller lacks %s upgrades, and sends nothing',
    async (_what, flags, upgrade) => {
      await using podid = await emulatedPodid(inPools);
      podid.emulator.world.settings.callerLacks = [
        'Microsoft.Compute/virtualMachineScaleSets/*',
        'Microsoft.ManagedIdentity/*/assign/action',
      ];
      const error = errorOf(await podid.run([...onBatch, ...flags]));
      expect(error).toMatchObject({ exitCode: 6, code: 'AssignForbidden', stdout: '' });
      expect(error.details.map(({ message }) => message.split(' on ')[0])).toEqual([
        'Microsoft.Compute/virtualMachineScaleSets/write',
        ...upgrade,
        'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
      ]);
      expect(patches(podid)).toEqual([]);
    },
  );

  it('names the one identity that the caller may not assign, and sends nothing', async () => {
    const settings = { unassignableIdentities: [identityId('web')] };
    await using podid = await emulatedPodid({ ...inPools, seed: { settings } });
    const error = errorOf(await podid.run(assign('web', 'jobs')));
    expect(error).toMatchObject({
      exitCode: 6,
      code: 'AssignForbidden',
      stdout: '',
      target: identityId('web'),
    });
    expect(patches(podid)).toEqual([]);
  });

  it('wants no right to assign where it takes away', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.world.settings.callerLacks = ['Microsoft.ManagedIdentity/*/assign/action'];
    const ran = await podid.run(unassign('jobs', '--yes', '--force'));
    expect(ran.exitCode, ran.stderr).toBe(0);
  });

  it.each([
    [
      'the right to assign the identity',
      {
        code: 'LinkedAuthorizationFailed',
        message: `no permission on the linked scope(s) '${identityId('web')}'`,
      },
      /may not assign \/subscriptions\/.*\/web: /,
    ],
    [
      'the right to write',
      { code: 'AuthorizationFailed', message: 'x' },
      /virtualMachineScaleSets\/write is missing/,
    ],
    [
      'a lifted lockdown',
      { code: 'DenyAssignmentAuthorizationFailed', message: 'x' },
      /deny assignment keeps you/,
    ],
  ])('or Azure, where permissions cannot be read, reports lacking %s', async (_what, error, message) => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.set([
      { match: { operation: 'permissions.list' }, effect: { status: 403 } },
      { match: { operation: 'machines.patch' }, effect: { status: 403, body: { error } } },
    ]);
    const failed = errorOf(await podid.run(onBatch));
    expect(failed).toMatchObject({ exitCode: 6, code: 'AssignForbidden', stdout: '' });
    expect(failed.message).toMatch(message);
    expect(patches(podid)).toHaveLength(1);
  });
});

describe('a caller who may not look at operations', () => {
  it('reads the end from the machine itself', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.set([{ match: { operation: 'operations.get' }, effect: { status: 403 } }]);
    podid.emulator.world.settings.operationPolls = 0;
    const [node]: Node[] = await podid.json(assign('web', '--node-pool', 'nodepool1'));
    expect(node?.identities).toContain(identityId('web'));
    expect(patches(podid)).toHaveLength(1);
  });
});

describe('more identities than Azure takes in one request', () => {
  it('are sent in several, the last of them alone without waiting', async () => {
    await using podid = await emulatedPodid(inPools);
    const names = Array.from({ length: 160 }, (_, number) => `app-${number}`);
    for (const name of names) {
      podid.emulator.world.identities.set(identityId(name).toLowerCase(), {
        id: identityId(name),
        properties: { clientId: `c-${name}`, principalId: `p-${name}` },
      });
    }
    const ran = await podid.run([...assign(...names, '--vm', 'aks-solo-12345678-vms1'), '--no-wait']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain('150 identities in a request');
    expect(JSON.parse(ran.stdout)[0].identities).toHaveLength(161);
    const sizes = patches(podid).map(
      ({ body }) =>
        Object.keys((body['identity'] as { userAssignedIdentities: object }).userAssignedIdentities).length,
    );
    expect(sizes).toEqual([150, 10]);
  });
});
