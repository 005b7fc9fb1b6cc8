import { describe, expect, it } from 'vitest';
import { withOneThatStays } from './takeover-tenant.ts';
import { cluster, done, failedOf, go, planFile, run, stay, takeoverWorld } from './takeover-world.ts';

describe('podid takeover apply on the emulator', () => {
  it.each(
    (['stay', 'go'] as const).flatMap((definitions) =>
      (['stay', 'go'] as const).flatMap((identities) =>
        (['first', 'last'] as const).map((nmi) => ({ definitions, identities, nmi, delayMs: 20 })),
      ),
    ),
  )(
    'loses no request of an exchanged identity where definitions $definitions, identities $identities, and NMI ends $nmi',
    async (removal) => {
      await using world = await takeoverWorld(removal);
      await withOneThatStays(world);
      await done(world, 'apply', '-f', await planFile(world), '--until', '1');
      world.askAs('web');
      world.askAs('stays');
      const status = await done(world, 'apply');
      expect(status).toMatchObject({ step: 8, state: 'done' });
      expect(status.proof.asked).toBeGreaterThan(5);
      expect(status.proof.answered).toBe(status.proof.asked);
      expect(world.asked['asks-web']?.asked).toBeGreaterThan(5);
      expect(failedOf(world, (name) => name !== 'asks-stays')).toBe(0);
      const lost = {
        identity: 'demo/stays',
        machine: expect.stringContaining('vmss'),
        ms: expect.any(Number),
      };
      expect(status.gaps).toEqual(removal.identities === 'go' ? [lost] : []);
      const { kube } = world.podid.emulator;
      expect(kube.get('AzureIdentity', 'demo', 'web')?.metadata.labels).toMatchObject({
        'app.kubernetes.io/managed-by': 'podid',
      });
      expect(kube.get('ConfigMap', 'kube-system', 'podid-takeover')?.['data']).not.toHaveProperty('hold');
      expect(
        kube.list('Pod', 'demo').filter(({ metadata }) => metadata.name.startsWith('podid-takeover')),
      ).toEqual([]);
    },
    120_000,
  );

  it('puts back on the nodes what AKS took, where tokens stay with IMDS', async () => {
    await using world = await takeoverWorld({ ...go, nmi: 'first' });
    const status = await done(world, 'apply', '-f', await planFile(world), '--no-exchange');
    expect(status).toMatchObject({ step: 8, state: 'done' });
    const machines = await world.podid.run(['node', 'list', ...cluster, '-o', 'json']);
    expect(machines.stdout).toContain('/userAssignedIdentities/web');
  }, 120_000);

  it('goes on from each step, after its end, by the same command without a file', async () => {
    await using world = await takeoverWorld(go, { nodes: 2 });
    const file = await planFile(world);
    for (let step = 1; step <= 8; step += 1) {
      const begin = step === 1 ? ['-f', file] : [];
      const status = await done(world, 'apply', ...begin, '--until', String(step));
      expect(status).toMatchObject({ step, state: step === 8 ? 'done' : 'under-way' });
      expect(await world.podid.json(['takeover', 'status', ...cluster, '-o', 'json'])).toMatchObject({
        step,
      });
    }
    expect(failedOf(world)).toBe(0);
  }, 240_000);

  it('begins nothing without a file, nor by one that is not of the cluster as it is', async () => {
    await using world = await takeoverWorld(stay);
    const { podid } = world;
    const [before] = [podid.count('clusters.put')];
    const without = await run(world, 'apply');
    expect([without.exitCode, without.stderr]).toEqual([
      5,
      expect.stringContaining('without the file of a plan'),
    ]);
    const file = await planFile(world);
    podid.emulator.kube.remove('AzureIdentityBinding', 'demo', 'web-binding');
    expect((await run(world, 'apply', '-f', file)).exitCode).toBe(5);
    expect(podid.count('clusters.put')).toBe(before);
    expect(podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover')).toBeUndefined();
  }, 120_000);
});

describe('podid takeover rollback on the emulator', () => {
  it.each([1, 2, 3])(
    'takes the agent away again after step %i, and never touches the add-on',
    async (step) => {
      await using world = await takeoverWorld(stay);
      await done(world, 'apply', '-f', await planFile(world), '--until', String(step));
      const puts = world.podid.count('clusters.put');
      expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
      expect(world.podid.count('clusters.put')).toBe(puts);
      const { kube } = world.podid.emulator;
      expect(kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeUndefined();
      expect(
        kube.get('AzureIdentity', 'demo', 'web')?.metadata.annotations?.['podid.io/token-source'],
      ).not.toBe('exchange');
    },
    120_000,
  );

  it.each([3, 5])(
    'goes by the file of the plan where the ConfigMap is gone, after step %i',
    async (step) => {
      await using world = await takeoverWorld(go);
      const file = await planFile(world);
      await done(world, 'apply', '-f', file, '--until', String(step));
      const { kube } = world.podid.emulator;
      kube.remove('ConfigMap', 'kube-system', 'podid-takeover');
      const without = await run(world, 'rollback');
      expect([without.exitCode, without.stderr]).toEqual([
        5,
        expect.stringMatching(/podid takeover rollback .*-f FILE/),
      ]);
      expect(await done(world, 'rollback', '-f', file)).toMatchObject({ state: 'rolled-back' });
      const entries = await world.podid.json(['list', ...cluster, '-o', 'json']);
      expect(entries).toMatchObject([{ namespace: 'demo', name: 'web' }]);
    },
    120_000,
  );

  it.each([4, 5, 6, 7, 8])(
    'turns the add-on on again with its entries after step %i',
    async (step) => {
      await using world = await takeoverWorld(go);
      await done(world, 'apply', '-f', await planFile(world), '--until', String(step));
      expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
      expect(failedOf(world)).toBe(0);
      const entries = await world.podid.json(['list', ...cluster, '-o', 'json']);
      expect(entries).toMatchObject([{ namespace: 'demo', name: 'web', provisioningState: 'Assigned' }]);
    },
    120_000,
  );
});
