import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../../src/domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../../src/domain/clusters/cluster-edit.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { updateCluster } from '../../../src/workflows/clusters/update-cluster.ts';
import { clusterId, clusterWith, FakeAzure, identityId, options, podIdentity } from '../fake-azure.ts';

const own = identityId('other');
const assign = {
  cluster: clusterId,
  enableManagedIdentity: false,
  upgradeNodeImages: false,
  assignIdentity: own,
};
const toSystem = { cluster: clusterId, enableManagedIdentity: true, upgradeNodeImages: false };

/** The control plane's identity as Azure would fill it in. */
function withIdentity(cluster: Cluster, { controlPlane, kubeletIdentity }: ClusterEdit): Cluster {
  const kubelet = kubeletIdentity === undefined ? {} : { kubeletIdentityResourceId: kubeletIdentity };
  if (controlPlane === undefined) {
    return { ...cluster, ...kubelet };
  }
  const identity =
    controlPlane.type === 'SystemAssigned'
      ? { type: 'SystemAssigned', principalId: 'made', userAssigned: [] }
      : {
          type: 'UserAssigned',
          userAssigned: [{ resourceId: controlPlane.resourceId, principalId: 'object-other' }],
        };
  return { ...cluster, identity, ...kubelet };
}

function azureWith(cluster: Partial<Cluster> = {}): FakeAzure {
  const azure = new FakeAzure(clusterWith(cluster, { identities: [podIdentity('web')] }));
  azure.applyIdentities = withIdentity;
  return azure;
}

const userAssigned = {
  identity: { type: 'UserAssigned', userAssigned: [{ resourceId: own, principalId: 'cluster-principal' }] },
};

describe('updating the identities of a cluster', () => {
  it('grants to the new principal before it writes', async () => {
    const azure = azureWith();
    const order: string[] = [];
    azure.createFault = () => order.push('grant');
    azure.putFaults = [() => void order.push('write')];
    const { done } = await updateCluster(azure.deps(), assign, options());
    expect(order).toEqual(['grant', 'write']);
    expect(azure.assignments.at(-1)).toMatchObject({ scope: identityId('web'), principalId: 'object-other' });
    expect(done?.result.operatorRole).toMatchObject([{ name: 'web', granted: true }]);
  });

  it('writes once more on what a colleague has left there', async () => {
    const azure = azureWith();
    azure.putFaults = [
      () => azure.changeByColleague({ putExceptions: [{ namespace: 'shop', name: 'x', podLabels: {} }] }),
    ];
    const { done } = await updateCluster(azure.deps(), assign, options());
    expect(azure.puts).toHaveLength(2);
    expect(done?.cluster.profile.exceptions).toHaveLength(1);
    expect(done?.cluster.identity.type).toBe('UserAssigned');
  });

  it('takes a lost answer for the write that it was', async () => {
    const azure = azureWith();
    azure.answerFault = () => {
      throw new PodidError('Unavailable', 'Cut.');
    };
    await updateCluster(azure.deps(), assign, options());
    expect(azure.puts).toHaveLength(1);
    expect(azure.cluster.identity.type).toBe('UserAssigned');
  });

  it('goes on after a first write that fails on the entries, once the new principal has its roles', async () => {
    const azure = azureWith(userAssigned);
    azure.ends = [
      {
        status: 'Failed',
        error: { code: 'PodIdentityAddonIdentitiesAssignmentError', message: 'no role' },
      },
    ];
    const { done } = await updateCluster(azure.deps(), toSystem, options());
    expect(azure.puts.map(({ putIdentities }) => putIdentities?.length ?? 0)).toEqual([0, 1]);
    expect(azure.assignments.at(-1)).toMatchObject({ principalId: 'made' });
    expect(done?.failure).toBeUndefined();
  });

  it('waits no longer than ninety minutes for a role that Azure does not see', async () => {
    const azure = azureWith();
    azure.putFaults = Array.from({ length: 1000 }, () => () => {
      throw new PodidError('AssignmentBlocked', 'Not seen.', { target: identityId('web') });
    });
    const noLimit = options({ timeoutMs: 2 ** 31 });
    await expect(updateCluster(azure.deps(), assign, noLimit)).rejects.toMatchObject({
      code: 'AssignmentPending',
    });
  });

  it('sends nothing when the answer is no', async () => {
    const azure = azureWith();
    azure.answerYes = false;
    const { done } = await updateCluster(azure.deps(), assign, options());
    expect([azure.puts, azure.created, azure.questions.length]).toEqual([[], [], 1]);
    expect(done?.result.identity.type).toBe('SystemAssigned');
  });

  it('neither asks nor writes where nothing changes', async () => {
    const azure = azureWith(userAssigned);
    await updateCluster(azure.deps(), assign, options());
    expect([azure.puts, azure.questions]).toEqual([[], []]);
  });

  it('upgrades the pools one after the other, and stops at the first that fails', async () => {
    const pools = ['one', 'two', 'three'].map((name) => ({
      name,
      osType: 'Linux',
      type: 'VirtualMachineScaleSets',
    }));
    const azure = azureWith({ ...userAssigned, pools });
    azure.ends = [{ status: 'Succeeded' }, { status: 'Failed', error: { code: 'NoQuota', message: 'none' } }];
    const request = { ...assign, upgradeNodeImages: true };
    const { done } = await updateCluster(azure.deps(), request, options());
    expect(azure.upgraded).toEqual(['one', 'two']);
    expect(done?.failure).toMatchObject({ code: 'EntryFailed', exitCode: 8 });
  });

  it.each([
    ['stopped', { powerState: 'Stopped' }],
    ['being deleted', { provisioningState: 'Deleting' }],
  ])('refuses a cluster that is %s', async (_, state) => {
    const azure = azureWith(state);
    await expect(updateCluster(azure.deps(), assign, options())).rejects.toMatchObject({
      code: 'ClusterStateForbids',
    });
    expect(azure.created).toEqual([]);
  });

  it('does not return before the second of two writes', async () => {
    const azure = azureWith(userAssigned);
    await expect(updateCluster(azure.deps(), toSystem, options({ noWait: true }))).rejects.toMatchObject({
      code: 'InvalidUsage',
    });
    expect(azure.puts).toEqual([]);
  });
});
