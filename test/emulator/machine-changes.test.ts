import { describe, expect, it } from 'vitest';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import {
  assign,
  batch,
  both,
  carriedBy,
  control,
  send,
  slowly,
  solo,
  stateOf,
} from './arm/machine-client.ts';

const signal = new AbortController().signal;
const patch = (emulator: Emulator, identity: unknown, headers = {}) =>
  send(emulator, 'PATCH', batch, { identity }, headers);

describe('the PATCH of a scale set', () => {
  it('adds, removes by null, and leaves the rest', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    const answer = await patch(emulator, {
      type: both,
      userAssignedIdentities: { [identityId('web')]: {}, [identityId('jobs').toUpperCase()]: null },
    });
    expect(answer.status).toBe(200);
    expect(answer.body.properties.provisioningState).toBe('Updating');
    expect(answer.headers.get('azure-asyncoperation')).toContain('/providers/Microsoft.Compute/locations/');
    const names = Object.keys(answer.body.identity.userAssignedIdentities).map((id) => id.split('/').at(-1));
    expect(names).toEqual(['demo-agentpool', 'web']);
    expect(answer.body.identity).toMatchObject({ type: both, principalId: expect.any(String) });
    expect(answer.body.identity.userAssignedIdentities[identityId('web')].clientId).toMatch(/^0000/);
  });

  it('drops the system-assigned identity when its type does not name it, as Azure does', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    const answer = await patch(emulator, { type: 'UserAssigned', userAssignedIdentities: {} });
    expect(answer.body.identity.principalId).toBeUndefined();
  });

  it.each([
    ['no type', { userAssignedIdentities: {} }, 'InvalidParameter', /type/],
    [
      'a map beside SystemAssigned',
      { type: 'SystemAssigned', userAssignedIdentities: { [identityId('jobs')]: null } },
      'InvalidParameter',
      /should not be provided if the type is "SystemAssigned"/,
    ],
    [
      'an identity that does not exist',
      { type: both, userAssignedIdentities: { [identityId('nobody')]: {} } },
      'FailedIdentityOperation',
      /nobody' was not found/,
    ],
    [
      'more than 150 identities',
      {
        type: both,
        userAssignedIdentities: Object.fromEntries(
          Array.from({ length: 151 }, (_, number) => [identityId(`x${number}`), null]),
        ),
      },
      'FailedIdentityOperation',
      /Number '151' Assign exceed limit '150' in one request/,
    ],
  ])('with %s is refused', async (_what, identity, code, message) => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    const answer = await patch(emulator, identity);
    expect([answer.status, answer.body.error.code]).toEqual([400, code]);
    expect(answer.body.error.message).toMatch(message);
  });

  it('is refused while another runs, with an old etag, and on a machine that goes', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    emulator.world.settings.operationMs = [600_000, 600_000];
    emulator.world.settings.operationPolls = 0;
    const identity = { type: both, userAssignedIdentities: {} };
    const stale = await patch(emulator, identity, { 'if-match': '"old"' });
    expect([stale.status, stale.body.error.code]).toEqual([412, 'PreconditionFailed']);
    expect((await patch(emulator, identity)).status).toBe(200);
    const busy = await patch(emulator, identity);
    expect([busy.status, busy.body.error.code]).toEqual([409, 'Conflict']);
    const machine = emulator.world.machines.get(batch.toLowerCase());
    Object.assign(machine?.['properties'] ?? {}, { provisioningState: 'Deleting' });
    const going = await patch(emulator, identity);
    expect([going.status, going.body.error.code]).toEqual([409, 'OperationNotAllowed']);
  });

  it('is refused to a caller without the right, distinguished by what is lacking', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    const identity = { type: both, userAssignedIdentities: { [identityId('web')]: {} } };
    emulator.world.settings.callerLacks = ['Microsoft.ManagedIdentity/*/assign/action'];
    const linked = await patch(emulator, identity);
    expect([linked.status, linked.body.error.code]).toEqual([403, 'LinkedAuthorizationFailed']);
    emulator.world.settings.callerLacks = ['Microsoft.Compute/*/write'];
    const own = await patch(emulator, identity);
    expect([own.status, own.body.error.code]).toEqual([403, 'AuthorizationFailed']);
  });

  it('names in one list all identities that its caller may not assign, and refuses the others with them', async () => {
    const unassignableIdentities = [identityId('web').toUpperCase(), identityId('jobs')];
    await using emulator = await startEmulator({
      scenario: 'node-pools',
      seed: { settings: { unassignableIdentities } },
    });
    const refused = await assign(emulator, solo, ['web', 'demo-agentpool', 'jobs']);
    expect([refused.status, refused.body.error.code]).toEqual([403, 'LinkedAuthorizationFailed']);
    expect(refused.body.error.message).toContain(
      `linked scope(s) '${identityId('web')},${identityId('jobs')}'`,
    );
    expect(await carriedBy(emulator, solo)).toEqual(['demo-agentpool']);
    expect((await assign(emulator, batch, [], ['jobs'])).status).toBe(200);
    const path = (name: string) => `${identityId(name)}/providers/Microsoft.Authorization/permissions`;
    const lacks = async (name: string) =>
      (await send(emulator, 'GET', path(name))).body.value[0].notActions as string[];
    expect(await lacks('web')).toEqual(['Microsoft.ManagedIdentity/*/assign/action']);
    expect(await lacks('other')).toEqual([]);
  });

  it("takes the whole map back, the kubelets' identity in it, as az sends it", async () => {
    await using emulator = await startEmulator({ scenario: 'default' });
    const machine = scaleSetId('nodepool1');
    const { body } = await send(emulator, 'GET', machine);
    const userAssignedIdentities = { ...body.identity.userAssignedIdentities, [identityId('web')]: {} };
    const identity = { type: 'UserAssigned', userAssignedIdentities };
    expect((await send(emulator, 'PATCH', machine, { identity })).status).toBe(200);
    expect(await carriedBy(emulator, machine)).toEqual(['demo-agentpool', 'web']);
  });
});

describe('an operation on a machine', () => {
  it.each([
    ['scale set', batch, 40_000, 60_000],
    ['virtual machine', solo, 10_000, 20_000],
  ])('takes a %s at --time recorded %s between %d and %d ms', async (_what, machine, least, most) => {
    await using emulator = await startEmulator({ scenario: 'node-pools', time: 'recorded', now: () => 0 });
    await assign(emulator, machine, ['web']);
    emulator.clock.advance(least - 1);
    expect(await stateOf(emulator, machine)).toBe('Updating');
    emulator.clock.advance(most - least + 1);
    expect(await stateOf(emulator, machine)).toBe('Succeeded');
  });

  it('runs beside another where the world says so, and both have to end', async () => {
    const settings = { ...slowly, busyMachines: 'accept' };
    await using emulator = await startEmulator({ scenario: 'node-pools', seed: { settings }, now: () => 0 });
    expect((await assign(emulator, batch, ['web'])).status).toBe(200);
    emulator.clock.advance(30_000);
    expect((await assign(emulator, batch, [], ['jobs'])).status).toBe(200);
    emulator.clock.advance(30_000);
    expect(await stateOf(emulator, batch)).toBe('Updating');
    emulator.clock.advance(30_000);
    expect(await stateOf(emulator, batch)).toBe('Succeeded');
    expect(await carriedBy(emulator, batch)).toEqual(['demo-agentpool', 'web']);
  });
});

describe('a Flexible scale set', () => {
  const flexible = scaleSetId('flex');
  const member = solo.replace(/[^/]+$/, 'flex-1');
  const machines = [
    {
      id: flexible,
      name: 'aks-flex-12345678-vmss',
      location: 'westeurope',
      properties: { provisioningState: 'Succeeded', orchestrationMode: 'Flexible' },
    },
    {
      id: member,
      name: 'flex-1',
      location: 'westeurope',
      properties: {
        provisioningState: 'Succeeded',
        virtualMachineScaleSet: { id: flexible.toUpperCase() },
      },
    },
  ];

  it('has virtual machines for instances, which take nothing of a change of its model', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools', seed: { machines } });
    const { body } = await send(emulator, 'GET', `${flexible}/virtualMachines`);
    expect(body.value).toMatchObject([{ id: member, instanceId: 'flex-1' }]);
    expect((await assign(emulator, flexible, ['web'])).status).toBe(200);
    emulator.clock.advance(60_000);
    expect(await carriedBy(emulator, flexible)).toEqual(['web']);
    expect(await carriedBy(emulator, member)).toEqual([]);
    const upgrade = await send(emulator, 'POST', `${flexible}/manualupgrade`, { instanceIds: ['flex-1'] });
    expect([upgrade.status, upgrade.body.error.code]).toEqual([400, 'OperationNotAllowed']);
    expect((await assign(emulator, member, ['web'])).status).toBe(200);
    expect(await carriedBy(emulator, member)).toEqual(['web']);
  });
});

describe('AKS, which puts machines back', () => {
  it("leaves the cluster's own identities and the system-assigned one, and is busy meanwhile", async () => {
    await using emulator = await startEmulator({
      scenario: 'node-pools',
      seed: { settings: slowly },
      now: () => 0,
    });
    expect(await control(emulator, 'put-back', { machines: [batch] })).toEqual({
      status: 200,
      body: { machines: [batch] },
    });
    expect(await carriedBy(emulator, batch)).toEqual(['demo-agentpool']);
    expect((await assign(emulator, batch, ['jobs'])).status).toBe(409);
    emulator.clock.advance(60_000);
    const { body } = await send(emulator, 'GET', batch);
    expect(body.identity).toMatchObject({ type: both, principalId: expect.any(String) });
    expect(body.properties.provisioningState).toBe('Succeeded');
  });

  it('means every scale set of the node resource group when none is named', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    const { body } = await control(emulator, 'put-back', {});
    expect(body.machines).toEqual([scaleSetId('nodepool1'), batch, scaleSetId('win')]);
  });

  it("leaves the identities of the add-on's entries", async () => {
    await using emulator = await startEmulator({ scenario: 'in-use' });
    await control(emulator, 'put-back', {});
    expect(await carriedBy(emulator, scaleSetId('nodepool1'))).toEqual(['demo-agentpool', 'web']);
  });

  it('changes nothing while one of the machines is busy, or is not there', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools', seed: { settings: slowly } });
    await assign(emulator, solo, ['web']);
    const refused = await control(emulator, 'put-back', { machines: [batch, solo] });
    expect(refused).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('An operation runs on') },
    });
    expect((await control(emulator, 'put-back', { machines: [batch, `${solo}x`] })).status).toBe(400);
    expect(await carriedBy(emulator, batch)).toContain('jobs');
  });
});

describe('instances of a scale set with manual upgrades', () => {
  it('get the identities of its model without an upgrade, and nothing else of it', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
    await assign(emulator, batch, ['web'], ['jobs']);
    emulator.clock.advance(60_000);
    const { body } = await send(emulator, 'GET', `${batch}/virtualMachines`);
    for (const instance of body.value) {
      expect(Object.keys(instance.identity.userAssignedIdentities)).toContain(identityId('web'));
    }
    const latest = body.value.map((one: { properties: object }) => one.properties);
    expect(latest).toMatchObject([{ latestModelApplied: true }, { latestModelApplied: false }]);
  });

  it('lag behind a change until they are upgraded, where the world says that they need it', async () => {
    const seed = { settings: { instancesNeedUpgrade: true } };
    await using emulator = await startEmulator({ scenario: 'node-pools', seed });
    const clock = { now: Date.now, monotonic: () => 0, random: () => 0, sleep: async () => undefined };
    const { machines } = await connectAzure({
      environment: emulator.environment,
      clock,
      userAgent: 'podid/test',
    });
    const id = scaleSetId('nodepool1');
    const follow = { pollIntervalMs: 1, onStatus: () => undefined, signal };
    const change = await machines.assignIdentities(
      await machines.get(id, signal),
      [identityId('web')],
      signal,
    );
    expect(change.machine.provisioningState).toBe('Updating');
    expect(await machines.follow(change.operation ?? { url: '' }, follow)).toEqual({ status: 'Succeeded' });
    const lagging = await machines.instances(id, signal);
    expect(lagging.map(({ latestModel }) => latestModel)).toEqual([false, false]);
    const operation = await machines.upgradeInstances(id, ['1'], signal);
    expect(await machines.follow(operation ?? { url: '' }, follow)).toEqual({ status: 'Succeeded' });
    const after = await machines.instances(id, signal);
    expect(after.map(({ latestModel }) => latestModel)).toEqual([false, true]);
    expect(after[1]?.identityIds).toContain(identityId('web'));
    expect(after[0]?.identityIds).not.toContain(identityId('web'));
  });
});
