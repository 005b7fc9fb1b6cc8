import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', identityId('web')];
const ownIdentities = {
  identities: ['control-plane', 'kubelet', 'web'].map((name, index) => identityDocument(name, index + 16)),
};

describe('podid cluster show', () => {
  it('prints the identities of the cluster in the documented shape', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    expect(await podid.json('cluster show')).toEqual({
      id: expect.stringMatching(/\/managedClusters\/demo$/),
      location: 'westeurope',
      kubernetesVersion: '1.33.5',
      nodeResourceGroup: 'MC_demo-rg_demo_westeurope',
      networkPlugin: 'azure',
      identity: {
        type: 'SystemAssigned',
        resourceId: null,
        principalId: '00000000-0000-4000-8000-0000000000c1',
        tenantId: expect.any(String),
      },
      kubeletIdentity: {
        resourceId: expect.stringMatching(/demo-agentpool$/),
        clientId: '00000000-0000-4000-8000-0000c11e00ff',
        objectId: '00000000-0000-4000-8000-00000b1e00ff',
      },
      servicePrincipalClientId: null,
      addonIdentities: [],
      operatorRole: [
        { namespace: 'demo', name: 'web', granted: true, scope: expect.stringMatching(/\/web$/) },
      ],
    });
  });

  it('names the entry whose role is gone, and the command that fixes it', async () => {
    await using podid = await emulatedPodid();
    await podid.json(addWeb);
    podid.emulator.world.roleAssignments.clear();
    const ran = await podid.run('cluster show --query operatorRole[0].granted');
    expect(ran).toMatchObject({ exitCode: 0, stdout: 'false\n' });
    expect(ran.stderr).toMatch(/hint: podid add -g demo-rg -c demo .*--namespace demo --name web/);
    expect((await podid.run(addWeb)).exitCode).toBe(0);
    expect(await podid.json('cluster show --query operatorRole[0].granted')).toBe(true);
  });

  it('warns of a network outside the node resource group that the control plane may not use', async () => {
    await using podid = await emulatedPodid();
    const subnet =
      '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/net-rg/providers/Microsoft.Network/virtualNetworks/hub/subnets/aks';
    const [cluster] = podid.emulator.world.clusters.values();
    const properties = cluster?.document['properties'] as { agentPoolProfiles: Record<string, unknown>[] };
    Object.assign(properties.agentPoolProfiles[0] ?? {}, { vnetSubnetID: subnet });
    const ran = await podid.run('cluster show');
    expect(ran.stderr).toContain(`subnets/join/action on the subnet ${subnet}`);
    expect(ran.stderr).toContain("--role 'Network Contributor'");
  });

  it('warns of a static address outside the node resource group, until the role is there', async () => {
    await using podid = await emulatedPodid();
    const address =
      '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/net-rg/providers/Microsoft.Network/publicIPAddresses/out';
    const [cluster] = podid.emulator.world.clusters.values();
    const properties = cluster?.document['properties'] as { networkProfile: object };
    const loadBalancerProfile = { outboundIPs: { publicIPs: [{ id: address }] } };
    Object.assign(properties.networkProfile, { loadBalancerProfile });
    const ran = await podid.run('cluster show');
    expect(ran.stderr).toContain(`publicIPAddresses/join/action on the public IP address ${address}`);
    expect(ran.stderr).toContain(`--scope ${address}`);

    const principalId = await podid.json('cluster show --query identity.principalId');
    podid.emulator.seed({
      roleAssignments: [{ scope: address, role: 'Contributor', principalId }],
    });
    expect((await podid.run('cluster show')).stderr).not.toContain('join/action');
  });

  it('notes that disks and addresses which the cluster does not list need a role, too', async () => {
    await using podid = await emulatedPodid();
    expect((await podid.run('cluster show')).stderr).toMatch(
      /network, static IP address or disk outside MC_\S+ needs a role of its own for principal/,
    );
  });

  it('warns of the trap of a service principal', async () => {
    await using podid = await emulatedPodid({ scenario: 'service-principal' });
    const ran = await podid.run('cluster show');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      identity: { type: 'None', principalId: null },
      kubeletIdentity: null,
      servicePrincipalClientId: '00000000-0000-4000-8000-0000000005b1',
    });
    expect(ran.stderr).toMatch(/secret expires/);
    expect(ran.stderr).toMatch(
      /hint: podid cluster update .*--enable-managed-identity --upgrade-node-images/,
    );
  });
});

describe('podid cluster update', () => {
  it('grants on every entry, and on the kubelet identity, before it changes the control plane', async () => {
    await using podid = await emulatedPodid({ seed: ownIdentities });
    await podid.json(addWeb);
    const since = podid.emulator.requests.length;
    const ran = await podid.run([
      ...'cluster update --enable-managed-identity --yes --assign-identity'.split(' '),
      identityId('control-plane'),
      '--assign-kubelet-identity',
      identityId('kubelet'),
    ]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      identity: { type: 'UserAssigned', resourceId: expect.stringMatching(/control-plane$/) },
      kubeletIdentity: { resourceId: identityId('kubelet'), clientId: expect.stringMatching(/0011$/) },
      operatorRole: [{ name: 'web', granted: true }],
    });
    const writes = podid.emulator.requests
      .slice(since)
      .map(({ operation }) => operation)
      .filter((operation) => operation.endsWith('.put'));
    expect(writes).toEqual(['roleAssignments.put', 'roleAssignments.put', 'clusters.put']);
    expect((await podid.run('delete --namespace demo --name web')).exitCode).toBe(0);
  });

  it('sends nothing when the cluster runs so already', async () => {
    await using podid = await emulatedPodid({ scenario: 'user-assigned' });
    const ran = await podid.run(['cluster', 'update', '--assign-identity', identityId('control-plane')]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('moves to a new system-assigned identity in two writes and leaves every entry assigned', async () => {
    await using podid = await emulatedPodid({ scenario: 'user-assigned' });
    await podid.json(addWeb);
    const before = podid.count('clusters.put');
    const ran = await podid.run('cluster update --enable-managed-identity --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(podid.count('clusters.put') - before).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      identity: { type: 'SystemAssigned', resourceId: null },
      operatorRole: [{ name: 'web', granted: true }],
    });
    expect(ran.stderr).toContain('two writes');
    expect(await podid.json('list --query [].provisioningState')).toEqual(['Assigned']);
    expect(await podid.json('status --query provisioningState')).toBe('Succeeded');
  });

  it('waits for the fresh role to be seen', async () => {
    await using podid = await emulatedPodid({
      seed: { ...ownIdentities, settings: { rolePropagationPuts: 2 } },
    });
    await podid.json(addWeb);
    const ran = await podid.run([
      'cluster',
      'update',
      '--yes',
      '--assign-identity',
      identityId('control-plane'),
    ]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(await podid.json('cluster show --query identity.type')).toBe('UserAssigned');
  });

  it('explains the way out where Azure refuses to make the principal', async () => {
    await using podid = await emulatedPodid({ scenario: 'user-assigned' });
    await podid.json(addWeb);
    podid.emulator.faults.set([
      {
        match: { operation: 'clusters.put' },
        effect: {
          status: 400,
          body: { code: 'PodIdentityAddonIdentitiesAssignmentError', message: 'No role.' },
          when: 'before',
        },
      },
    ]);
    const ran = await podid.run('cluster update --enable-managed-identity --yes');
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(ran.stderr).toMatch(/podid disable .*--export pod-identities.yaml/);
  });

  it('names the preview feature that a refusal asks for', async () => {
    await using podid = await emulatedPodid({ scenario: 'service-principal' });
    podid.emulator.faults.set([
      {
        match: { operation: 'clusters.put' },
        effect: {
          status: 400,
          body: {
            code: 'PreviewFeatureNotRegistered',
            message: 'Register Microsoft.ContainerService/MigrateToMSIClusterPreview first.',
          },
          when: 'before',
        },
      },
    ]);
    const ran = await podid.run('cluster update --enable-managed-identity --yes');
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    expect(ran.stderr).toMatch(/hint: az feature register .*--name MigrateToMSIClusterPreview;/);
  });

  it('ends the move from a service principal pool by pool', async () => {
    await using podid = await emulatedPodid({ scenario: 'service-principal' });
    const ran = await podid.run('cluster update --enable-managed-identity --upgrade-node-images --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      identity: { type: 'SystemAssigned', principalId: expect.any(String) },
      kubeletIdentity: { resourceId: expect.stringMatching(/demo-agentpool$/) },
      servicePrincipalClientId: null,
    });
    expect(podid.count('clusters.nodePools.upgradeImage')).toBe(1);
    expect(ran.stderr).toContain('az role assignment list --assignee 00000000-0000-4000-8000-0000000005b1');
  });

  it('names the command for each pool where the images are left', async () => {
    await using podid = await emulatedPodid({ scenario: 'service-principal' });
    const ran = await podid.run('cluster update --enable-managed-identity --yes');
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toMatch(/az aks nodepool upgrade .*-n nodepool1 --node-image-only/);
    expect(podid.count('clusters.nodePools.upgradeImage')).toBe(0);
  });

  it('lists what else the old principal could do', async () => {
    const network = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/net-rg';
    await using podid = await emulatedPodid({
      seed: {
        ...ownIdentities,
        roleAssignments: [
          { scope: network, role: 'Contributor', principalId: '00000000-0000-4000-8000-0000000000c1' },
        ],
      },
    });
    const ran = await podid.run([
      'cluster',
      'update',
      '--yes',
      '--assign-identity',
      identityId('control-plane'),
    ]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr).toContain(`has the role Contributor on ${network}`);
    expect(ran.stderr).toMatch(/az role assignment create --role Contributor --assignee-object-id \S+0010 /);
  });

  it('plans without a write', async () => {
    await using podid = await emulatedPodid({ seed: ownIdentities });
    await podid.json(addWeb);
    const before = podid.count('clusters.put') + podid.count('roleAssignments.put');
    const plan = await planOf(podid, [
      '--assign-identity',
      identityId('control-plane'),
      '--upgrade-node-images',
    ]);
    expect(plan).toEqual({ puts: 1, kinds: ['roleAssignment', 'cluster', 'nodePool'] });
    expect(podid.count('clusters.put') + podid.count('roleAssignments.put')).toBe(before);
  });

  it('says in words why a plan takes two writes', async () => {
    await using podid = await emulatedPodid({ scenario: 'user-assigned' });
    await podid.json(addWeb);
    const ran = await podid.run('cluster update --enable-managed-identity --dry-run -o table');
    expect(ran.stdout).toMatch(
      /UserAssigned → SystemAssigned[\s\S]*2 writes of the cluster in Azure\. The first creates/,
    );
  });

  it.each([
    ['without --yes and without a terminal', '--enable-managed-identity', 'user-assigned', 2],
    ['without anything to change', '', 'default', 2],
    ['--assign-identity on a service principal alone', '--assign-identity ID', 'service-principal', 5],
    [
      'a kubelet identity under a system-assigned control plane',
      '--yes --assign-kubelet-identity ID',
      'default',
      5,
    ],
    ['--no-wait with --upgrade-node-images', '--no-wait --upgrade-node-images', 'default', 2],
  ])('refuses %s, and writes nothing', async (_, flags, scenario, exitCode) => {
    await using podid = await emulatedPodid({ scenario });
    const words = flags
      .split(' ')
      .filter(Boolean)
      .map((word) => (word === 'ID' ? identityId('web') : word));
    const ran = await podid.run(['cluster', 'update', ...words]);
    expect(ran, ran.stderr).toMatchObject({ exitCode, stdout: '' });
    expect(podid.count('clusters.put')).toBe(0);
  });

  it('refuses before any write when the identity of an entry is gone', async () => {
    await using podid = await emulatedPodid({ seed: ownIdentities });
    await podid.json(addWeb);
    for (const key of [...podid.emulator.world.identities.keys()]) {
      if (key.endsWith('/web')) {
        podid.emulator.world.identities.delete(key);
      }
    }
    const before = podid.count('roleAssignments.put');
    const ran = await podid.run([
      'cluster',
      'update',
      '--yes',
      '--assign-identity',
      identityId('control-plane'),
    ]);
    expect(ran.exitCode).toBe(5);
    expect(ran.stderr).toMatch(/demo\/web.* is gone/);
    expect(ran.stderr).toMatch(/hint: podid delete .*--failed --yes/);
    expect(podid.count('roleAssignments.put')).toBe(before);
  });
});

async function planOf(podid: EmulatedPodid, flags: readonly string[]) {
  const { changes, puts } = (await podid.json(['cluster', 'update', '--dry-run', ...flags])) as {
    changes: { kind: string }[];
    puts: number;
  };
  return { puts, kinds: changes.map(({ kind }) => kind) };
}

function identityDocument(name: string, number: number) {
  const digits = number.toString(16).padStart(4, '0');
  return {
    id: identityId(name).replace('resourceGroups', 'resourcegroups'),
    name,
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location: 'westeurope',
    tags: {},
    properties: {
      tenantId: '00000000-0000-4000-8000-00000000aaaa',
      clientId: `00000000-0000-4000-8000-0000c11e${digits}`,
      principalId: `00000000-0000-4000-8000-00000b1e${digits}`,
    },
  };
}
