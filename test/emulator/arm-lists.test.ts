import { describe, expect, it } from 'vitest';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import { twoHundred } from '../../src/emulator/scenarios/two-hundred.ts';
import { startEmulator } from '../../src/emulator/start-emulator.ts';

const signal = new AbortController().signal;

describe('what the caller sees in Azure', () => {
  it('is listed through all its pages: subscriptions, clusters, identities', async () => {
    const model = twoHundred['clusters'] as { id: string; name: string }[];
    const clusters = ['one', 'two', 'three'].map((name) => ({
      ...model[0],
      id: String(model[0]?.id).replace(/[^/]+$/, name),
      name,
    }));
    await using emulator = await startEmulator({ scenario: 'two-hundred', seed: { clusters } });
    emulator.world.settings.pageSize = 2;
    const clock = { now: Date.now, monotonic: () => 0, random: () => 0, sleep: async () => undefined };
    const azure = await connectAzure({ environment: emulator.environment, clock, userAgent: 'podid/test' });
    const [subscription] = await azure.subscriptions.list(signal);
    expect(subscription?.displayName).toBe('Emulated subscription');
    expect(azure.caller()).toMatch(/^application .* \(object .*\)$/);

    const subscriptionId = subscription?.subscriptionId ?? '';
    const listed = await azure.clusters.list(subscriptionId, signal);
    expect(listed.map(({ name }) => name).toSorted()).toEqual(['demo', 'one', 'three', 'two']);
    expect(listed[0]).toMatchObject({
      provisioningState: 'Succeeded',
      powerState: 'Running',
      networkPlugin: 'azure',
      identityType: 'SystemAssigned',
      addonEnabled: true,
    });
    const identities = await azure.identities.list(subscriptionId, signal);
    expect(new Set(identities.map(({ resourceId }) => resourceId)).size).toBe(202);
    expect(
      emulator.requests.filter(({ operation }) => operation === 'identities.listBySubscription'),
    ).toHaveLength(101);
  });

  it('differs from what the caller may not see', async () => {
    await using emulator = await startEmulator();
    emulator.faults.set([
      {
        match: { operation: 'identities.listBySubscription' },
        effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'No.' } } },
      },
    ]);
    const clock = { now: Date.now, monotonic: () => 0, random: () => 0, sleep: async () => undefined };
    const azure = await connectAzure({ environment: emulator.environment, clock, userAgent: 'podid/test' });
    await expect(
      azure.identities.list(emulator.environment['AZURE_SUBSCRIPTION_ID'] ?? '', signal),
    ).rejects.toMatchObject({
      code: 'Forbidden',
    });
  });
});
