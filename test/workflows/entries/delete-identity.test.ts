import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { deleteIdentity } from '../../../src/workflows/entries/delete-identity.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

const web = { cluster: clusterId, namespace: 'shop', name: 'web' };

const twoEntries = () =>
  new FakeAzure(clusterWith({}, { identities: [podIdentity('web'), podIdentity('other')] }));
const gone = { ...web, ignoreNotFound: false, revokeRole: false };

describe('deleting an identity', () => {
  it('removes the entry and its mirrored objects, and returns it as it was', async () => {
    const azure = twoEntries();
    const { done } = await deleteIdentity(azure.deps(), gone, options());
    expect(done?.result).toEqual(podIdentity('web'));
    expect(azure.cluster.profile.identities.map(({ name }) => name)).toEqual(['other']);
    expect(azure.mirrored[0]?.goneIdentities).toEqual([podIdentity('web')]);
    expect(azure.deleted).toEqual([]);
  });

  it('sends no PUT for an entry that is not there: 4, or null under --ignore-not-found', async () => {
    const azure = twoEntries();
    const nobody = { ...gone, name: 'nobody' };
    await expect(deleteIdentity(azure.deps(), nobody, options())).rejects.toMatchObject({
      code: 'EntryNotFound',
      exitCode: 4,
    });
    const { done } = await deleteIdentity(azure.deps(), { ...nobody, ignoreNotFound: true }, options());
    expect([done?.result, azure.puts]).toEqual([null, []]);
  });

  it('is its own success when the answer to the PUT was lost', async () => {
    const azure = twoEntries();
    azure.answerFault = () => {
      throw new PodidError('Unavailable', 'Reset.');
    };
    const { done } = await deleteIdentity(azure.deps(), gone, options());
    expect([azure.puts.length, done?.result?.name]).toEqual([1, 'web']);
  });

  it('revokes the role on the identity itself only, after the entry is gone', async () => {
    const azure = twoEntries();
    azure.grant('/subscriptions/sub', { id: 'inherited', name: 'inherited' });
    await deleteIdentity(azure.deps(), { ...gone, revokeRole: true }, options());
    expect(azure.deleted).toEqual([`${identityId('web')}/ra`]);
    expect(azure.notes.join()).toContain('/subscriptions/sub stays');
  });

  it("keeps the role that another entry needs, and the kubelet identity's", async () => {
    const shared = podIdentity('again', { identity: podIdentity('web').identity });
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web'), shared] }));
    await deleteIdentity(azure.deps(), { ...gone, revokeRole: true }, options());
    const kubelet = new FakeAzure(
      clusterWith({ kubeletIdentityResourceId: identityId('WEB') }, { identities: [podIdentity('web')] }),
    );
    await deleteIdentity(kubelet.deps(), { ...gone, revokeRole: true }, options());
    expect([azure.deleted, kubelet.deleted]).toEqual([[], []]);
  });
});
