import { describe, expect, it } from 'vitest';
import type { PodIdentitiesFile } from '../../src/domain/entries/pod-identities-file.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { disableAddon } from '../../src/workflows/addon/disable-addon.ts';
import { enableAddon } from '../../src/workflows/addon/enable-addon.ts';
import { readStatus } from '../../src/workflows/addon/read-status.ts';
import { waitForEntry } from '../../src/workflows/entries/wait-for-entry.ts';
import { clusterId, clusterWith, FakeAzure, options, podIdentity } from './fake-azure.ts';

const enable = { cluster: clusterId, kubenetConsent: false, registerFeature: false };
const disable = { cluster: clusterId, unregisterFeature: false };

describe('enabling the add-on', () => {
  it('writes once, and not again when it is on', async () => {
    const azure = new FakeAzure(clusterWith({}, { enabled: false }));
    const { done } = await enableAddon(azure.deps(), enable, options());
    await enableAddon(azure.deps(), enable, options());
    expect([done?.result.enabled, azure.puts]).toEqual([true, [{ addon: 'on' }]]);
  });

  it('wants consent on kubenet, and records it, also when the add-on is on', async () => {
    const off = new FakeAzure(clusterWith({ networkPlugin: 'kubenet' }, { enabled: false }));
    await expect(enableAddon(off.deps(), enable, options())).rejects.toMatchObject({
      code: 'KubenetConsentMissing',
    });
    await enableAddon(off.deps(), { ...enable, kubenetConsent: true }, options());
    const on = new FakeAzure(clusterWith({ networkPlugin: 'kubenet' }, { identities: [podIdentity('web')] }));
    await enableAddon(on.deps(), { ...enable, kubenetConsent: true }, options());
    expect([off.puts, on.puts]).toEqual([
      [{ addon: 'on', allowNetworkPluginKubenet: true }],
      [{ addon: 'on', allowNetworkPluginKubenet: true }],
    ]);
    expect(on.cluster.profile.identities).toHaveLength(1);
  });

  it('registers the feature, waits for it, and registers the provider', async () => {
    const azure = new FakeAzure(clusterWith({}, { enabled: false }));
    azure.states = ['NotRegistered', 'Registering', 'Registering', 'Registered'];
    await enableAddon(azure.deps(), { ...enable, registerFeature: true }, options());
    expect([azure.registered, azure.states]).toEqual([2, []]);
    expect(
      azure.progress.filter((text) => text.includes('EnablePodIdentityPreview: Registering')),
    ).toHaveLength(2);
  });

  it('names the ways that are left when Azure takes no new add-on, and keeps its word on why', async () => {
    const azure = new FakeAzure(clusterWith({}, { enabled: false }));
    const refuse = () => {
      throw new PodidError('AzureRefused', 'AKS refused the change: retired.', { requestId: 'r' });
    };
    azure.putFaults = [refuse];
    await expect(enableAddon(azure.deps(), enable, options())).rejects.toMatchObject({
      code: 'AzureRefused',
      message: 'AKS refused the change: retired.',
      hint: expect.stringMatching(/without the add-on.*Workload Identity/),
      requestId: 'r',
    });
  });
});

describe('disabling the add-on', () => {
  it('shows what goes, asks, and saves it before the PUT', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    const saved: { file: PodIdentitiesFile; puts: number }[] = [];
    const save = async (file: PodIdentitiesFile) => void saved.push({ file, puts: azure.puts.length });
    const { done } = await disableAddon(azure.deps(), { ...disable, save }, options());
    expect(saved).toMatchObject([{ puts: 0, file: { identities: [{ name: 'web', namespace: 'shop' }] } }]);
    expect([done?.result.enabled, azure.puts, azure.questions.length]).toEqual([
      false,
      [{ addon: 'off' }],
      1,
    ]);
    expect(azure.mirrored[0]?.goneIdentities.map(({ name }) => name)).toEqual(['web']);
  });

  it('writes nothing when the answer is no, when saving fails, or when it is off', async () => {
    const declined = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    declined.answerYes = false;
    await disableAddon(declined.deps(), disable, options());
    const unsaved = new FakeAzure();
    const save = () => Promise.reject(new Error('disk full'));
    await expect(disableAddon(unsaved.deps(), { ...disable, save }, options())).rejects.toThrow('disk full');
    const off = new FakeAzure(clusterWith({}, { enabled: false }));
    await disableAddon(off.deps(), disable, options());
    expect([declined.puts, unsaved.puts, off.puts]).toEqual([[], [], []]);
  });
});

describe('disabling the add-on while somebody else works', () => {
  it('loses nothing that was not shown and agreed to', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    const theirs = { namespace: 'b', name: 'colleague', podLabels: { x: 'y' } };
    azure.putFaults = [() => azure.changeByColleague({ putExceptions: [theirs] })];
    await expect(disableAddon(azure.deps(), disable, options())).rejects.toMatchObject({
      code: 'EntryConflict',
    });
    expect(azure.cluster.profile).toMatchObject({ enabled: true, exceptions: [theirs] });
  });
});

describe('the status', () => {
  it('counts entries and names the principal, null where it cannot be told', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    const { result } = await readStatus(azure.deps(), { cluster: clusterId, drift: false }, options().signal);
    expect(result).toMatchObject({
      enabled: true,
      identities: 1,
      limit: 200,
      clusterIdentity: { principalId: 'cluster-principal' },
      eTag: '1',
    });
    const unknown = new FakeAzure(clusterWith({ identity: { type: 'Strange', userAssigned: [] } }));
    const other = await readStatus(unknown.deps(), { cluster: clusterId, drift: true }, options().signal);
    expect(other.result).toMatchObject({
      clusterIdentity: { type: 'Strange', principalId: null },
      drift: [],
    });
  });
});

describe('waiting for an entry', () => {
  const key = { namespace: 'shop', name: 'web' };

  it('ends when the entry is Assigned, gone, or the cluster idle', async () => {
    const azure = new FakeAzure(
      clusterWith(
        { provisioningState: 'Updating' },
        { identities: [podIdentity('web', { provisioningState: 'Updating' })] },
      ),
    );
    let reads = 0;
    azure.beforeGet = () => {
      if (++reads === 3) {
        azure.cluster = clusterWith({}, { identities: [podIdentity('web')] });
      }
    };
    const assigned = await waitForEntry(
      azure.deps(),
      { cluster: clusterId, key, until: 'assigned' },
      options(),
    );
    expect([assigned.result?.provisioningState, reads]).toEqual(['Assigned', 3]);
    azure.cluster = clusterWith();
    expect(
      (await waitForEntry(azure.deps(), { cluster: clusterId, key, until: 'deleted' }, options())).result,
    ).toBeNull();
    expect(
      (await waitForEntry(azure.deps(), { cluster: clusterId, until: 'idle' }, options())).result,
    ).toBeNull();
  });

  it('fails with 8 on a Failed entry, 4 on none, and 7 at --timeout', async () => {
    const failed = new FakeAzure(
      clusterWith({}, { identities: [podIdentity('web', { provisioningState: 'Failed' })] }),
    );
    const { failure } = await waitForEntry(
      failed.deps(),
      { cluster: clusterId, key, until: 'assigned' },
      options(),
    );
    expect(failure).toMatchObject({ exitCode: 8 });
    const none = new FakeAzure();
    await expect(
      waitForEntry(none.deps(), { cluster: clusterId, key, until: 'assigned' }, options()),
    ).rejects.toMatchObject({ exitCode: 4 });
    const slow = new FakeAzure(clusterWith({ provisioningState: 'Updating' }));
    await expect(
      waitForEntry(slow.deps(), { cluster: clusterId, until: 'idle' }, options({ timeoutMs: 30_000 })),
    ).rejects.toMatchObject({ code: 'TimedOut' });
  });
});
