import { describe, expect, it } from 'vitest';
import { readStatus } from '../../../src/workflows/addon/read-status.ts';
import { clusterId, clusterWith, FakeAzure, podIdentity } from '../fake-azure.ts';

describe('the status', () => {
  it('counts entries and names the principal, null where it is unknown', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    const { result } = await readStatus(
      azure.deps(),
      { cluster: clusterId, drift: false },
      new AbortController().signal,
    );
    expect(result).toMatchObject({
      enabled: true,
      identities: 1,
      limit: 200,
      clusterIdentity: { principalId: 'cluster-principal' },
      eTag: '1',
    });
    const unknown = new FakeAzure(clusterWith({ identity: { type: 'Strange', userAssigned: [] } }));
    const other = await readStatus(
      unknown.deps(),
      { cluster: clusterId, drift: true },
      new AbortController().signal,
    );
    expect(other.result).toMatchObject({
      clusterIdentity: { type: 'Strange', principalId: null },
      drift: [],
    });
  });
});
