import { describe, expect, it } from 'vitest';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { identityId } from '../../src/emulator/scenarios/scenario-parts.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';

const signal = new AbortController().signal;
const batch = scaleSetId('batch');

/** Straight at the emulator, so that nothing of ours stands between a request and its rules. */
async function send(emulator: Emulator, method: string, path: string, body?: unknown, headers = {}) {
  const endpoint = emulator.environment['PODID_ARM_ENDPOINT'] ?? '';
  const response = await fetch(`${endpoint}${path}?api-version=2024-07-01`, {
    method,
    headers: {
      authorization: `Bearer ${emulator.environment['PODID_ARM_TOKEN']}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : JSON.parse(text), headers: response.headers };
}

const patch = (emulator: Emulator, identity: unknown, headers = {}) =>
  send(emulator, 'PATCH', batch, { identity }, headers);

describe('the PATCH of a scale set', () => {
  const both = 'SystemAssigned, UserAssigned';
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
});

describe('instances of a scale set with manual upgrades', () => {
  it('lag behind a change until they are upgraded', async () => {
    await using emulator = await startEmulator({ scenario: 'node-pools' });
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
