import { describe, expect, it } from 'vitest';
import { podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { carried, errorOf, inPools, patches, unassign } from './node-worlds.ts';

const kubelet =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/MC_demo-rg_demo_westeurope/providers/Microsoft.ManagedIdentity/userAssignedIdentities/DEMO-agentpool';

describe('podid node unassign', () => {
  it('refuses while a binding in the cluster uses the identity, and does it with --force', async () => {
    await using podid = await emulatedPodid(inPools);
    const refused = errorOf(await podid.run(unassign('jobs', '--yes')));
    expect(refused).toMatchObject({ exitCode: 5, code: 'IdentityInUse', target: 'demo/jobs', stdout: '' });
    expect(refused.hint).toContain('podid delete');
    expect(patches(podid)).toEqual([]);
    const nodes = await podid.json(unassign('jobs', '--node-pool', 'batch', '--yes', '--force'));
    expect(carried(nodes)).toEqual([['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool', false]]);
  });

  it('knows the identity of a binding by its client id alone too, as agents do', async () => {
    await using podid = await emulatedPodid(inPools);
    const { kube } = podid.emulator;
    const spelt = kube.get('AzureIdentity', 'demo', 'jobs')?.['spec'] as { clientID: string } | undefined;
    const clientId = spelt?.clientID ?? '';
    expect(clientId).not.toBe('');
    kube.remove('AzureIdentity', 'demo', 'jobs');
    const metadata = { name: 'jobs', namespace: 'demo' };
    const spec = { type: 0, clientID: clientId.toUpperCase() };
    kube.seed({ apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity', metadata, spec });
    const refused = errorOf(await podid.run(unassign('jobs', '--yes')));
    expect(refused).toMatchObject({ exitCode: 5, code: 'IdentityInUse', target: 'demo/jobs' });
    expect(patches(podid)).toEqual([]);
  });

  it('takes that identity alone, and keeps the system-assigned one', async () => {
    await using podid = await emulatedPodid(inPools);
    await podid.run(unassign('jobs', '--yes', '--force'));
    expect(patches(podid)).toMatchObject([
      {
        machine: 'aks-batch-12345678-vmss',
        body: {
          identity: {
            type: 'SystemAssigned, UserAssigned',
            userAssignedIdentities: {
              [identityId('jobs').replace('resourceGroups', 'resourcegroups')]: null,
            },
          },
        },
      },
    ]);
  });

  it('takes an identity that is gone in Azure', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.world.identities.delete(identityId('jobs').toLowerCase());
    const ran = await podid.run(unassign('jobs', '--yes', '--force'));
    expect(ran.exitCode, ran.stderr).toBe(0);
  });

  it('refuses while an entry of the add-on uses the identity', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const refused = errorOf(await podid.run(unassign('web', '--yes')));
    expect(refused).toMatchObject({ exitCode: 5, code: 'IdentityInUse', target: 'demo/web' });
  });

  it("never takes the kubelets' identity, whatever is forced", async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(['node', 'unassign', '--identities', kubelet, '--yes', '--force']);
    expect(errorOf(ran)).toMatchObject({ exitCode: 5, code: 'IdentityInUse', stdout: '' });
    expect(errorOf(ran).message).toContain("the kubelets' identity");
    expect(patches(podid)).toEqual([]);
  });

  it("never takes the control plane's identity", async () => {
    await using podid = await emulatedPodid({ scenario: 'user-assigned' });
    const ran = await podid.run(unassign('control-plane', '--yes', '--force'));
    expect(errorOf(ran)).toMatchObject({ code: 'IdentityInUse' });
  });

  it.each([
    ['is out of reach', { away: 'reset' as const }, 7],
    ['shows no bindings to the caller', { deny: [{ resource: 'azureidentitybindings' }] }, 6],
  ])('refuses when the cluster %s, and says how to do without', async (_what, faults, exitCode) => {
    await using podid = await emulatedPodid(inPools);
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, ...faults };
    const refused = errorOf(await podid.run(unassign('jobs', '--yes')));
    expect(refused).toMatchObject({ exitCode, stdout: '' });
    expect(refused.message).toContain('Cannot check whether a binding in cluster');
    expect(refused.hint).toContain('--force');
    expect(patches(podid)).toEqual([]);
    expect((await podid.run(unassign('jobs', '--yes', '--force'))).exitCode).toBe(0);
  });

  it('needs no look into a cluster that knows no bindings', async () => {
    await using podid = await emulatedPodid(inPools);
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, missingCrds: true };
    const ran = await podid.run(unassign('jobs', '--yes'));
    expect(ran.exitCode, ran.stderr).toBe(0);
  });

  it('asks, and without a terminal ends with 2 unless --yes is given', async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(unassign('jobs', '--force'));
    expect(errorOf(ran)).toMatchObject({ exitCode: 2, code: 'ConfirmationRequired', stdout: '' });
    expect(ran.stderr).toContain('will happen: aks-batch-12345678-vmss loses');
    expect(patches(podid)).toEqual([]);
  });

  it('has nothing to ask and nothing to send where no machine carries it', async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(unassign('web'));
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toHaveLength(4);
    expect(patches(podid)).toEqual([]);
  });
});
