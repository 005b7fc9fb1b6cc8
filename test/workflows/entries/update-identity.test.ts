import { describe, expect, it } from 'vitest';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { updateIdentity } from '../../../src/workflows/entries/update-identity.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

const web = { cluster: clusterId, namespace: 'shop', name: 'web' };

const twoEntries = () =>
  new FakeAzure(clusterWith({}, { identities: [podIdentity('web'), podIdentity('other')] }));

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
    const deps = azure.deps(interruption.signal);
    deps.azure.clusters.follow = async () => {
      interruption.abort(new PodidError('Terminated', 'Terminated.'));
      throw interruption.signal.reason;
    };
    const request = { ...web, identityResourceId: identityId('api') };
    const change = updateIdentity(deps, request, options());
    const error = await change.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'Terminated', exitCode: 143 });
    expect(String((error as PodidError).hint)).toContain(
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
    expect((error as PodidError).message).toContain('has been removed from the cluster');
    expect(String((error as PodidError).hint)).toContain(`--identity-resource-id ${identityId('web')}`);
  });
});
