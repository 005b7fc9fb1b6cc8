import { describe, expect, it } from 'vitest';
import { advice } from '../../../src/errors/hint.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { readStatus } from '../../../src/workflows/addon/read-status.ts';
import { clusterId, clusterWith, FakeAzure, podIdentity } from '../fake-azure.ts';

const { signal } = new AbortController();
const plain = { cluster: clusterId, inObjects: false, drift: false, agent: false };

describe('the status', () => {
  it('counts entries and names the principal, null where it is unknown', async () => {
    const azure = new FakeAzure(clusterWith({}, { identities: [podIdentity('web')] }));
    const { result } = await readStatus(azure.deps(), plain, signal);
    expect(result).toMatchObject({
      enabled: true,
      identities: 1,
      limit: 200,
      clusterIdentity: { principalId: 'cluster-principal' },
      eTag: '1',
      mode: 'addon',
      feature: null,
      failed: [],
    });
    const unknown = new FakeAzure(clusterWith({ identity: { type: 'Strange', userAssigned: [] } }));
    const other = await readStatus(unknown.deps(), { ...plain, drift: true }, signal);
    expect(other.result).toMatchObject({
      clusterIdentity: { type: 'Strange', principalId: null },
      drift: [],
    });
  });

  it.each([
    ['Failed', 1],
    ['CANCELED', 1],
    ['Updating', 0],
    ['Assigned', 0],
  ])('names an entry in state %s among the failed: %i', async (provisioningState, count) => {
    const entry = { ...podIdentity('web'), provisioningState };
    const azure = new FakeAzure(clusterWith({}, { identities: [entry] }));
    expect((await readStatus(azure.deps(), plain, signal)).result.failed).toHaveLength(count);
  });

  it('counts the pod identities by state, and those without one as unknown', async () => {
    const { provisioningState: _none, ...stateless } = podIdentity('new');
    const states = ['Failed', 'Assigned', 'Assigned'];
    const identities = states.map((provisioningState, at) => ({
      ...podIdentity(`web-${at}`),
      provisioningState,
    }));
    const azure = new FakeAzure(clusterWith({}, { identities: [...identities, stateless] }));
    const { result } = await readStatus(azure.deps(), plain, signal);
    expect(Object.entries(result.states)).toEqual([
      ['Assigned', 2],
      ['Failed', 1],
      ['unknown', 1],
    ]);
  });

  it('says of an add-on that is off whether it can be turned on, and null where that may not be read', async () => {
    const deps = new FakeAzure(clusterWith({}, { enabled: false })).deps();
    const state = async () => 'NotRegistered';
    const registered = { ...deps, azure: { ...deps.azure, features: { ...deps.azure.features, state } } };
    expect((await readStatus(registered, plain, signal)).result).toMatchObject({
      mode: null,
      feature: 'NotRegistered',
    });
    const refuse = () => Promise.reject(new PodidError('Forbidden', 'No.', { hint: advice`az login` }));
    const forbidden = {
      ...deps,
      azure: { ...deps.azure, features: { ...deps.azure.features, state: refuse } },
    };
    expect((await readStatus(forbidden, plain, signal)).result.feature).toBeNull();
  });
});
