import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { enableAddon } from '../../../src/workflows/addon/enable-addon.ts';
import { hintText } from '../../hint-text.ts';
import { clusterId, clusterWith, FakeAzure, options, podIdentity } from '../fake-azure.ts';

const enable = { cluster: clusterId, kubenetConsent: false, registerFeature: false };

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
      hint: hintText(expect.stringMatching(/without the add-on.*Workload Identity/)),
      requestId: 'r',
    });
  });
});
