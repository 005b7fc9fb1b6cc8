import { describe, expect, it } from 'vitest';
import { deleteFailedIdentities } from '../../../src/workflows/entries/delete-failed-identities.ts';
import { clusterId, clusterWith, FakeAzure, options, podIdentity } from '../fake-azure.ts';

const twoEntries = () =>
  new FakeAzure(clusterWith({}, { identities: [podIdentity('web'), podIdentity('other')] }));

describe('deleting failed identities', () => {
  it('asks, and removes in one PUT what is Failed or has lost its identity', async () => {
    const entries = [
      podIdentity('web', { provisioningState: 'Failed' }),
      podIdentity('other'),
      podIdentity('dead'),
    ];
    const azure = new FakeAzure(clusterWith({}, { identities: entries }));
    const { done } = await deleteFailedIdentities(
      azure.deps(),
      { cluster: clusterId, revokeRole: false },
      options(),
    );
    expect(done?.result.map(({ name }) => name)).toEqual(['web', 'dead']);
    expect([azure.puts.length, azure.questions.length]).toEqual([1, 1]);
    expect(azure.cluster.profile.identities.map(({ name }) => name)).toEqual(['other']);
  });

  it('changes nothing when the answer is no, or nothing is dead', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('dead')] }));
    azure.answerYes = false;
    expect(
      (await deleteFailedIdentities(azure.deps(), { cluster: clusterId, revokeRole: false }, options())).done
        ?.result,
    ).toEqual([]);
    const healthy = twoEntries();
    await deleteFailedIdentities(healthy.deps(), { cluster: clusterId, revokeRole: false }, options());
    expect([azure.puts, healthy.puts, healthy.questions]).toEqual([[], [], []]);
  });
});

describe('deleting failed identities while somebody else fixes them', () => {
  it('leaves what is fixed by then', async () => {
    const failed = podIdentity('web', { provisioningState: 'Failed' });
    const azure = new FakeAzure(clusterWith({}, { identities: [failed, podIdentity('dead')] }));
    const fixed = podIdentity('web', { bindingSelector: 'fixed' });
    azure.putFaults = [
      () => azure.write({ ...azure.cluster.profile, identities: [fixed, podIdentity('dead')] }),
    ];
    const request = { cluster: clusterId, revokeRole: false };
    const { done } = await deleteFailedIdentities(azure.deps(), request, options());
    expect(done?.result.map(({ name }) => name)).toEqual(['dead']);
    expect(azure.cluster.profile.identities).toEqual([fixed]);
  });
});
