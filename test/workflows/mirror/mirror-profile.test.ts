import { describe, expect, it } from 'vitest';
import { mirrorProfile } from '../../../src/workflows/mirror/mirror-profile.ts';
import { hintText } from '../../hint-text.ts';
import { clusterId, clusterWith, FakeAzure, podIdentity } from '../fake-azure.ts';

const request = { cluster: clusterId, prune: true, force: false, dryRun: false };
const signal = new AbortController().signal;

describe('mirror --prune', () => {
  it('reaches the cluster while Azure holds the entries, all of them gone included', async () => {
    for (const identities of [[podIdentity('web')], []]) {
      const azure = new FakeAzure(clusterWith({}, { identities }));
      await mirrorProfile(azure.deps(), request, { signal });
      expect(azure.mirrored).toMatchObject([{ prune: true }]);
    }
  });

  it.each([
    ['for good', {}],
    ['as a question', { dryRun: true }],
    ['by force', { force: true }],
  ])('deletes nothing where the add-on is off and the objects are all there is: %s', async (_, more) => {
    const azure = new FakeAzure(clusterWith({}, { enabled: false }));
    await expect(mirrorProfile(azure.deps(), { ...request, ...more }, { signal })).rejects.toMatchObject({
      code: 'AddonDisabled',
      hint: hintText(expect.stringContaining('podid list -g rg -c aks --subscription sub --mode cluster')),
    });
    expect(azure.mirrored).toEqual([]);
  });

  it('does not come in the way of a mirror without it', async () => {
    const azure = new FakeAzure(clusterWith({}, { enabled: false }));
    await mirrorProfile(azure.deps(), { ...request, prune: false }, { signal });
    expect(azure.mirrored).toHaveLength(1);
  });
});

describe('mirror --dry-run', () => {
  it.each([
    ['pending', 'Namespace shop does not exist yet', /not in the cluster yet/],
    ['foreign', 'written by kubectl', /web/],
  ] as const)(
    'warns of objects that are %s, as mirror itself ends with them',
    async (action, reason, text) => {
      const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
      azure.objects = [{ kind: 'AzureIdentity', namespace: 'shop', name: 'web', action, reason }];
      const { failure } = await mirrorProfile(azure.deps(), { ...request, prune: false }, { signal });
      const rehearsed = await mirrorProfile(azure.deps(), { ...request, dryRun: true }, { signal });
      expect([rehearsed.failure, azure.warnings]).toEqual([undefined, [failure?.message]]);
      expect(failure?.message).toMatch(text);
    },
  );
});
