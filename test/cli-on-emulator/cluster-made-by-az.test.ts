import { describe, expect, it } from 'vitest';
import { client } from '../emulator/arm/arm-client.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';
import { carried, type Node } from './node-worlds.ts';

const path =
  '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ContainerService/managedClusters/n1';

/** What `az aks create -n n1 --node-count 3` sends, without the members that the emulator has no use for. */
const created = {
  location: 'westeurope',
  sku: { name: 'Base', tier: 'Free' },
  identity: { type: 'SystemAssigned' },
  properties: {
    kubernetesVersion: '',
    dnsPrefix: 'n1-demo-rg-000000',
    enableRBAC: true,
    addonProfiles: {},
    agentPoolProfiles: [
      {
        ...{ name: 'nodepool1', mode: 'System', count: 3, osType: 'Linux' },
        ...{ type: 'VirtualMachineScaleSets', vmSize: '' },
      },
    ],
    networkProfile: { networkPlugin: 'azure', outboundType: 'loadBalancer', loadBalancerSku: 'standard' },
  },
};

async function withCluster() {
  const podid = await emulatedPodid();
  const arm = client(podid.emulator);
  const answer = await arm.call('PUT', path, created);
  expect(answer.status, answer.text).toBe(201);
  expect((await arm.finish(answer)).body.status).toBe('Succeeded');
  return podid;
}

describe('a cluster that az made on the emulator', () => {
  it("is in the list, and its nodes carry the kubelets' identity", async () => {
    await using podid = await withCluster();
    expect(await podid.json('cluster list --query [].name')).toEqual(['demo', 'n1']);
    const nodes: Node[] = await podid.json('node list -g demo-rg -c n1');
    expect(carried(nodes)).toEqual([
      ['nodepool1', 'vmss', expect.stringMatching(/^aks-nodepool1-.*-vmss$/), 'n1-agentpool', true],
    ]);
  });

  it.each(['cluster', 'addon'])('takes a pod identity in mode %s', async (mode) => {
    await using podid = await withCluster();
    const inCluster = `-g demo-rg -c n1 --mode ${mode}`;
    if (mode === 'addon') {
      const enabled = await podid.run('enable -g demo-rg -c n1');
      expect(enabled.exitCode, enabled.stderr).toBe(0);
    }
    const add = `add ${inCluster} --namespace demo --name front --identity-resource-id ${identityId('web')}`;
    expect(await podid.json(add)).toMatchObject({ name: 'front', provisioningState: 'Assigned' });
    expect(await podid.json(`list ${inCluster} --query [].name`)).toContain('front');
    const nodes: Node[] = await podid.json('node list -g demo-rg -c n1');
    if (mode === 'cluster') {
      expect(carried(nodes)).toMatchObject([['nodepool1', 'vmss', {}, 'n1-agentpool web', true]]);
    }
    const others: Node[] = await podid.json('node list -g demo-rg -c demo');
    expect(carried(others)).toMatchObject([['nodepool1', 'vmss', {}, 'demo-agentpool', true]]);
  });
});
