import { describe, expect, it } from 'vitest';
import { podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { assign, carried, errorOf, inPools, laggingPools, type Node, patches } from './node-worlds.ts';

describe('podid node list', () => {
  it('shows the machines of the Linux pools with what they carry (rule 28: identities per machine)', async () => {
    await using podid = await emulatedPodid(inPools);
    expect(carried(await podid.json('node list'))).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'demo-agentpool', true],
      ['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool jobs', false],
      ['solo', 'vm', 'aks-solo-12345678-vms1', 'demo-agentpool', true],
      ['solo', 'vm', 'aks-solo-12345678-vms2', 'demo-agentpool', true],
    ]);
  });

  it('shows named machines, in the node resource group and beside it', async () => {
    await using podid = await emulatedPodid(inPools);
    const set = await podid.json('node list --vmss aks-batch-12345678-vmss');
    expect(carried(set)).toEqual([
      ['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool jobs', false],
    ]);
    const [own]: Node[] = await podid.json('node list --vm build-agent --node-resource-group demo-rg');
    expect(own).toMatchObject({ pool: null, kind: 'vm', identities: [], instancesUpToDate: true });
    expect(await podid.json(['node', 'list', '--vm', own?.resource ?? ''])).toEqual([own]);
  });

  it('says null where instances may not be seen', async () => {
    await using podid = await emulatedPodid(inPools);
    podid.emulator.faults.add({ match: { operation: 'machines.instances' }, effect: { status: 403 } });
    const nodes: Node[] = await podid.json('node list --node-pool batch');
    expect(nodes[0]?.instancesUpToDate).toBeNull();
  });

  it('is a table with a line for each identity', async () => {
    await using podid = await emulatedPodid(inPools);
    const { stdout } = await podid.run('node list --node-pool batch -o table');
    const [heading, ...lines] = stdout.trimEnd().split('\n');
    expect(heading).toMatch(/^POOL +KIND +MACHINE +INSTANCES +IDENTITY/);
    expect(lines.map((line) => line.trim().split(/ {2,}/).at(-1))).toEqual([
      'MC_demo-rg_demo_westeurope/demo-agentpool',
      'demo-rg/jobs',
    ]);
  });

  it.each([
    ['--node-pool nobody', 4, 'NodePoolNotFound'],
    ['--node-pool win', 5, 'NoLinuxScaleSetPool'],
    ['--vmss nobody', 4, 'MachineNotFound'],
    ['--vm nobody --node-resource-group demo-rg', 4, 'MachineNotFound'],
    ['--vm a/b --vmss ../x', 2, 'InvalidUsage'],
  ])('with %s ends with %d, %s', async (flags, exitCode, code) => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(`node list ${flags}`);
    expect(errorOf(ran)).toMatchObject({ exitCode, code, stdout: '' });
  });
});

describe('podid node assign', () => {
  it('reaches every Linux pool, keeps what is there, and upgrades no instance', async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run(assign('web'));
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(carried(JSON.parse(ran.stdout)).map((row) => (row as string[])[3])).toEqual([
      'demo-agentpool web',
      'demo-agentpool jobs web',
      'demo-agentpool web',
      'demo-agentpool web',
    ]);
    expect(ran.stderr).not.toContain('upgrade');
    expect([podid.count('machines.upgradeInstances'), podid.count('machines.patch')]).toEqual([0, 4]);
  });

  it('upgrades, when asked to, the instances that lack the change and need no re-imaging', async () => {
    await using podid = await emulatedPodid(laggingPools);
    const ran = await podid.run(assign('web', '--upgrade-instances'));
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(carried(JSON.parse(ran.stdout))).toEqual([
      ['nodepool1', 'vmss', 'aks-nodepool1-12345678-vmss', 'demo-agentpool web', true],
      ['batch', 'vmss', 'aks-batch-12345678-vmss', 'demo-agentpool jobs web', false],
      ['solo', 'vm', 'aks-solo-12345678-vms1', 'demo-agentpool web', true],
      ['solo', 'vm', 'aks-solo-12345678-vms2', 'demo-agentpool web', true],
    ]);
    expect(ran.stderr).toContain('Instances 1 of aks-batch-12345678-vmss have another image');
    expect(ran.stderr).toContain('az vmss update-instances');
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

  it('sends a PATCH of the new identity alone, with the etag and a type that keeps the system-assigned one', async () => {
    await using podid = await emulatedPodid(inPools);
    await podid.json(assign('web', '--node-pool', 'batch'));
    const [sent] = patches(podid);
    expect(sent?.body).toEqual({
      identity: {
        type: 'SystemAssigned, UserAssigned',
        userAssignedIdentities: { [identityId('web')]: {} },
      },
    });
    expect(sent?.ifMatch).toMatch(/^"/);
  });

  it('is done already the second time, and sends nothing', async () => {
    await using podid = await emulatedPodid(inPools);
    await podid.json(assign('web', 'jobs'));
    const before = podid.emulator.requests.length;
    const ran = await podid.run(assign('web', 'jobs'));
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain('Nothing to change: the identities of every machine are already as wanted');
    const sent = podid.emulator.requests.slice(before).filter(({ method }) => method !== 'GET');
    expect(sent).toEqual([]);
  });

  it('goes on where an earlier run ended before the instances were upgraded', async () => {
    await using podid = await emulatedPodid(laggingPools);
    await podid.run([...assign('web', '--node-pool', 'nodepool1'), '--no-wait']);
    await podid.run('node list');
    const [node]: Node[] = await podid.json(assign('web', '--node-pool', 'nodepool1', '--upgrade-instances'));
    expect(node?.instancesUpToDate).toBe(true);
    expect(podid.count('machines.patch')).toBe(1);
    // Asked again where Azure was still busy with what went before.
    expect(podid.count('machines.upgradeInstances')).toBeGreaterThan(0);
  });

  it('reaches a machine outside the cluster that had no identity', async () => {
    await using podid = await emulatedPodid(inPools);
    const nodes = await podid.json(assign('web', '--vm', 'build-agent', '--node-resource-group', 'demo-rg'));
    expect(carried(nodes)).toEqual([[null, 'vm', 'build-agent', 'web', true]]);
    expect(patches(podid)).toMatchObject([{ body: { identity: { type: 'UserAssigned' } } }]);
  });

  it('shows under --dry-run what it would change, and sends nothing', async () => {
    await using podid = await emulatedPodid(inPools);
    const ran = await podid.run([...assign('jobs'), '--dry-run', '--exit-code']);
    expect(ran.exitCode).toBe(9);
    const { changes, puts } = JSON.parse(ran.stdout);
    expect(puts).toBe(0);
    expect(changes.map(({ kind, name }: { kind: string; name: string }) => [kind, name])).toEqual([
      ['machine', 'aks-nodepool1-12345678-vmss'],
      ['machine', 'aks-solo-12345678-vms1'],
      ['machine', 'aks-solo-12345678-vms2'],
    ]);
    expect(changes[0].after.identities).toEqual([...changes[0].before.identities, identityId('jobs')]);
    expect(podid.count('machines.patch')).toBe(0);
  });
});
