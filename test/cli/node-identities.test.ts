import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId } from './emulated-podid.ts';

interface Node {
  pool: string | null;
  kind: string;
  resource: string;
  identities: string[];
  instancesUpToDate: boolean | null;
}

const inPools = { scenario: 'node-pools' };
const nameOf = (id: string) => id.split('/').at(-1);
const carried = (nodes: readonly Node[]) =>
  nodes.map(({ pool, kind, resource, identities, instancesUpToDate }) => [
    pool,
    kind,
    nameOf(resource),
    identities.map(nameOf).join(' '),
    instancesUpToDate,
  ]);

describe('podid node', () => {
  it('lists the machines of the Linux pools with what they carry', async () => {
    await using podid = await emulatedPodid(inPools);
    const nodes: Node[] = await podid.json('node list');
    expect(carried(nodes)).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'demo-agentpool', true],
      ['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool jobs', false],
      ['solo', 'vm', 'aks-solo-12345678-vms1', 'demo-agentpool', true],
      ['solo', 'vm', 'aks-solo-12345678-vms2', 'demo-agentpool', true],
    ]);
  });

  it('assigns on every Linux pool, keeps what is there, and upgrades instances that need no re-imaging', async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(['node', 'assign', '--identities', identityId('web')]);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(carried(JSON.parse(ran.stdout))).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'demo-agentpool web', true],
      ['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool jobs web', false],
      ['solo', 'vm', 'aks-solo-12345678-vms1', 'demo-agentpool web', true],
      ['solo', 'vm', 'aks-solo-12345678-vms2', 'demo-agentpool web', true],
    ]);
    expect(ran.stderr).toContain('Instances 1 of aks-batch-12345678-vmss have another image');
    expect(ran.stderr).toContain('az vmss update-instances');
    expect(podid.count('machines.patch')).toBe(4);
    const upgrades = podid.emulator.requests.filter(
      ({ operation }) => operation === 'machines.upgradeInstances',
    );
    expect(upgrades.map(({ path, bodyText }) => [path.split('/').at(-2), JSON.parse(bodyText)])).toEqual(
      expect.arrayContaining([
        ['aks-nodepool1-12345678-vmss', { instanceIds: ['0', '1'] }],
        ['aks-batch-12345678-vmss', { instanceIds: ['0'] }],
      ]),
    );
  });
});
