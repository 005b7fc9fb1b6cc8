import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import type { PodIdentitiesFile } from '../../../src/domain/entries/pod-identities-file.ts';
import { disableAddon } from '../../../src/workflows/addon/disable-addon.ts';
import { clusterId, clusterWith, FakeAzure, options, podIdentity } from '../fake-azure.ts';

const disable = { cluster: clusterId, unregisterFeature: false };

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
    expect(declined.notes).toEqual([expect.stringMatching(/^will be removed: pod identity shop\/web /)]);
    const unsaved = new FakeAzure();
    const save = () => Promise.reject(new Error('disk full'));
    await expect(disableAddon(unsaved.deps(), { ...disable, save }, options())).rejects.toThrow('disk full');
    const off = new FakeAzure(clusterWith({}, { enabled: false }));
    await disableAddon(off.deps(), disable, options());
    expect([declined.puts, unsaved.puts, off.puts]).toEqual([[], [], []]);
  });
});

describe('the nodes that the add-on leaves', () => {
  it.each([
    ['are reported, without an entry as well', true, 1],
    ['are not, where it is off already', false, 0],
  ])('%s', async (_, enabled, told) => {
    const azure = new FakeAzure(clusterWith({}, { enabled }));
    await disableAddon(azure.deps(), disable, options());
    expect(azure.warnings.filter((text) => text.includes("the node's own identities"))).toHaveLength(told);
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

  it('sees to what has to hold after the wait for Azure, right before each write, on what is there then', async () => {
    const azure = new FakeAzure(clusterWith({ provisioningState: 'Upgrading' }));
    let looks = 0;
    azure.beforeGet = (at) => {
      looks += 1;
      at.cluster = { ...at.cluster, provisioningState: looks < 4 ? 'Upgrading' : 'Succeeded' };
    };
    azure.putFaults = [() => azure.changeByColleague({})];
    const seen: unknown[] = [];
    const beforeWrite = async ({ provisioningState, eTag }: Cluster) =>
      void seen.push([provisioningState, eTag, azure.puts.length]);
    await disableAddon(azure.deps(), { ...disable, beforeWrite }, options());
    expect(seen).toEqual([
      ['Succeeded', '1', 0],
      ['Succeeded', '2', 1],
    ]);
    expect(azure.cluster.profile.enabled).toBe(false);
  });

  it.each([
    ['an entry', { putIdentities: [podIdentity('colleague')] }],
    ['an exception', { putExceptions: [{ namespace: 'b', name: 'colleague', podLabels: { x: 'y' } }] }],
  ])('loses no %s that came while that was seen to, on a cluster without an eTag', async (_, theirs) => {
    const { eTag: _tag, ...cluster } = clusterWith({}, { identities: [podIdentity('web')] });
    const azure = new FakeAzure(cluster);
    const beforeWrite = async () => azure.changeByColleague(theirs);
    await expect(disableAddon(azure.deps(), { ...disable, beforeWrite }, options())).rejects.toMatchObject({
      code: 'EntryConflict',
    });
    expect([azure.puts, azure.cluster.profile.enabled]).toEqual([[], true]);
  });

  it('is sent on what is read right before it, on a cluster without an eTag', async () => {
    const { eTag: _tag, ...cluster } = clusterWith({}, { identities: [podIdentity('web')] });
    const azure = new FakeAzure(cluster);
    let seen = 0;
    const beforeWrite = async () => {
      seen += 1;
      if (seen === 1) {
        azure.cluster = { ...azure.cluster, provisioningState: 'Upgrading' };
        azure.beforeGet = (at) => {
          azure.beforeGet = (then) => {
            then.cluster = { ...then.cluster, provisioningState: 'Succeeded' };
          };
          at.cluster = { ...at.cluster };
        };
      }
    };
    await disableAddon(azure.deps(), { ...disable, beforeWrite }, options());
    expect([seen, azure.puts]).toEqual([2, [{ addon: 'off' }]]);
  });

  it('writes nothing where that does not hold', async () => {
    const azure = new FakeAzure();
    const beforeWrite = () => Promise.reject(new Error('not held'));
    await expect(disableAddon(azure.deps(), { ...disable, beforeWrite }, options())).rejects.toThrow(
      'not held',
    );
    expect(azure.puts).toEqual([]);
  });
});
