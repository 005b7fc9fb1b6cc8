import { describe, expect, it } from 'vitest';
import { PodidError } from '../../src/errors/podid-error.ts';
import { deleteFailedIdentities } from '../../src/workflows/entries/delete-failed-identities.ts';
import { deleteIdentity } from '../../src/workflows/entries/delete-identity.ts';
import {
  addException,
  deleteException,
  updateException,
} from '../../src/workflows/entries/edit-exceptions.ts';
import { updateIdentity } from '../../src/workflows/entries/update-identity.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from './fake-azure.ts';

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

describe('updating an identity', () => {
  it('changes the selector in one PUT, without asking', async () => {
    const azure = twoEntries();
    const { done } = await updateIdentity(azure.deps(), { ...web, bindingSelector: 'front' }, options());
    expect([done?.result.bindingSelector, azure.puts.length, azure.questions]).toEqual(['front', 1, []]);
  });

  it('refuses an entry that is not there', async () => {
    const request = { ...web, name: 'nobody', bindingSelector: 'x' };
    await expect(updateIdentity(twoEntries().deps(), request, options())).rejects.toMatchObject({
      exitCode: 4,
    });
  });

  it('replaces the identity by two PUTs, after asking', async () => {
    const azure = twoEntries();
    const { done } = await updateIdentity(
      azure.deps(),
      { ...web, identityResourceId: identityId('api') },
      options(),
    );
    expect(azure.puts.map((edit) => Object.keys(edit))).toEqual([['deleteIdentities'], ['putIdentities']]);
    expect([done?.result.identity.clientId, azure.questions.length]).toEqual(['client-api', 1]);
  });

  it('puts the old entry back when the new one is refused', async () => {
    const azure = twoEntries();
    const refuse = () => {
      throw new PodidError('AzureRefused', 'No.');
    };
    azure.putFaults = [undefined, refuse];
    const change = updateIdentity(azure.deps(), { ...web, identityResourceId: identityId('api') }, options());
    await expect(change).rejects.toMatchObject({ code: 'AzureRefused' });
    expect(azure.cluster.profile.identities.find(({ name }) => name === 'web')?.identity.clientId).toBe(
      'client-web',
    );
  });

  it('says how to bring the entry back when it is ended during the first step', async () => {
    const azure = twoEntries();
    const interruption = new AbortController();
    const deps = azure.deps();
    deps.azure.clusters.follow = async () => {
      interruption.abort(new PodidError('Terminated', 'Terminated.'));
      throw interruption.signal.reason;
    };
    const request = { ...web, identityResourceId: identityId('api') };
    const change = updateIdentity(deps, request, options({ signal: interruption.signal }));
    const error = await change.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'Terminated', exitCode: 143 });
    expect((error as PodidError).hint).toContain(
      `podid add -g rg -c aks --subscription sub --namespace shop --name web`,
    );
  });

  it('asks before it grants or writes anything', async () => {
    const azure = twoEntries();
    azure.answerYes = false;
    await updateIdentity(azure.deps(), { ...web, identityResourceId: identityId('api') }, options());
    expect([azure.created, azure.puts]).toEqual([[], []]);
  });

  it('says how to bring the entry back when it cannot', async () => {
    const azure = twoEntries();
    const refuse = () => {
      throw new PodidError('AzureRefused', 'No.');
    };
    azure.putFaults = [undefined, refuse, refuse];
    const error = await updateIdentity(
      azure.deps(),
      { ...web, identityResourceId: identityId('api') },
      options(),
    ).catch((caught: unknown) => caught);
    expect((error as PodidError).message).toContain('is out of the cluster now');
    expect((error as PodidError).hint).toContain(`--identity-resource-id ${identityId('web')}`);
  });
});

describe('editing exceptions', () => {
  const legacy = { cluster: clusterId, namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } };
  const withLegacy = () =>
    new FakeAzure(
      clusterWith({}, { exceptions: [{ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } }] }),
    );

  it('adds one, and sends no PUT for the same again', async () => {
    const azure = new FakeAzure();
    const first = await addException(azure.deps(), legacy, options());
    await addException(azure.deps(), legacy, options());
    expect(first.done?.result).toEqual({ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } });
    expect([azure.puts.length, azure.mirrored.length]).toEqual([1, 2]);
  });

  it('refuses other labels under a name that is taken, naming the update', async () => {
    const change = addException(
      withLegacy().deps(),
      { ...legacy, podLabels: { app: 'x', b: '' } },
      options(),
    );
    const error = await change.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'EntryConflict' });
    expect((error as PodidError).hint).toMatch(/exception update .*--pod-labels app=x b=$/);
  });

  it('replaces the whole map of labels', async () => {
    const azure = withLegacy();
    const { done } = await updateException(
      azure.deps(),
      { ...legacy, podLabels: { tier: 'old' } },
      options(),
    );
    expect([done?.result.podLabels, azure.cluster.profile.exceptions.length]).toEqual([{ tier: 'old' }, 1]);
    await expect(updateException(azure.deps(), { ...legacy, name: 'x' }, options())).rejects.toMatchObject({
      exitCode: 4,
    });
  });

  it('deletes one, and says 4 without a PUT when it is not there', async () => {
    const azure = withLegacy();
    const { done } = await deleteException(azure.deps(), { ...legacy, ignoreNotFound: false }, options());
    expect([done?.result?.name, azure.cluster.profile.exceptions]).toEqual(['legacy', []]);
    await expect(
      deleteException(azure.deps(), { ...legacy, ignoreNotFound: false }, options()),
    ).rejects.toMatchObject({ exitCode: 4 });
    expect(azure.puts).toHaveLength(1);
  });
});
