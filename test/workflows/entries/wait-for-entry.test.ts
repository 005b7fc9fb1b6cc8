import { describe, expect, it } from 'vitest';
import { waitForEntry } from '../../../src/workflows/entries/wait-for-entry.ts';
import { clusterId, clusterWith, FakeAzure, options, podIdentity } from '../fake-azure.ts';

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
