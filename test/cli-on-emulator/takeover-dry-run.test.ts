import { describe, expect, it } from 'vitest';
import { seedTenant } from './takeover-tenant.ts';
import {
  begun,
  cluster,
  dataOf,
  done,
  go,
  image,
  planFile,
  quick,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
  writesOf,
} from './takeover-world.ts';

interface ShownPlan {
  readonly changes: readonly {
    readonly action: string;
    readonly kind: string;
    readonly namespace: string | null;
    readonly name: string | null;
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
    readonly step: number;
  }[];
  readonly puts: number;
  readonly steps: readonly { readonly step: number; readonly title: string }[];
}

/** What it says, having written nothing in Azure or in the cluster. */
async function planned(world: TakeoverWorld, word: string, ...more: string[]): Promise<ShownPlan> {
  const [writes, data] = [writesOf(world.podid), dataOf(world)];
  const ran = await run(world, word, '--dry-run', ...more);
  expect(ran.exitCode, ran.stderr).toBe(0);
  expect([writesOf(world.podid), dataOf(world)]).toEqual([writes, data]);
  return JSON.parse(ran.stdout) as ShownPlan;
}

/** `add DaemonSet kube-system/podid-nmi` of each step, as short as it is read. */
function written({ changes }: ShownPlan, step: number): readonly string[] {
  return changes
    .filter((change) => change.step === step)
    .map(({ action, kind, namespace, name, before, after }) => {
      const what = kind === 'object' ? (after ?? before)?.['kind'] : kind;
      return [action, what, [namespace, name].filter(Boolean).join('/')].filter(Boolean).join(' ');
    });
}

const record = 'update ConfigMap kube-system/podid-takeover';

describe('podid takeover apply --dry-run', () => {
  it('shows what each step would write before anything is begun, and writes nothing', async () => {
    await using world = await takeoverWorld(go, { nodes: 2 });
    const plan = await planned(world, 'apply', '-f', await planFile(world));
    expect(plan.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(plan.steps[3]).toEqual({ step: 4, title: '4 of 8: disable: the add-on is off' });
    expect(written(plan, 1)).toEqual(
      expect.arrayContaining([
        'add ConfigMap kube-system/podid-takeover',
        'add DaemonSet kube-system/podid-nmi',
        'add Role kube-system/podid-nmi-takeover',
      ]),
    );
    expect(written(plan, 2)).toEqual([
      'add federatedCredential demo/web',
      'update tokenSource demo/web',
      record,
    ]);
    expect(written(plan, 3)).toEqual(['add Pod demo', 'add Pod demo', record]);
    expect(written(plan, 4)).toEqual(['delete addon', 'delete identity demo/web', record]);
    expect(written(plan, 5)).toEqual([
      'update AzurePodIdentityException kube-system/aks-addon-exception',
      record,
    ]);
    expect(written(plan, 7)).toContain('update DaemonSet kube-system/podid-nmi');
    expect(written(plan, 7).filter((line) => line === 'delete Pod demo')).toHaveLength(2);
    expect(written(plan, 8)).toEqual([record]);
    expect(plan.puts).toBe(1);
  }, 120_000);

  it('has the steps alone that are left, after each of them, up to --until', async () => {
    await using world = await takeoverWorld(go);
    await begun(world, 1);
    for (let step = 1; step < 8; step += 1) {
      const left = [1, 2, 3, 4, 5, 6, 7, 8].filter((each) => each > step);
      const plan = await planned(world, 'apply');
      expect(plan.steps.map((each) => each.step)).toEqual(left);
      expect(plan.puts).toBe(step < 4 ? 1 : 0);
      const until = await planned(world, 'apply', '--until', String(step + 1));
      expect(until.steps.map((each) => each.step)).toEqual([step + 1]);
      expect(until.changes.every((each) => each.step === step + 1)).toBe(true);
      if (step >= 2) {
        expect(plan.changes.map(({ kind }) => kind)).not.toContain('tokenSource');
      }
      await done(world, 'apply', '--until', String(step + 1));
    }
    expect(await planned(world, 'apply')).toEqual({ changes: [], puts: 0, steps: [] });
  }, 240_000);

  it('shows what AKS took away once the add-on is off, as it is brought back', async () => {
    await using world = await takeoverWorld({ ...go, nmi: 'first' });
    seedTenant(world);
    await begun(world, 4, '--no-exchange');
    const { kube } = world.podid.emulator;
    await expect.poll(() => kube.list('CustomResourceDefinition').length, { timeout: 20_000 }).toBe(0);
    const plan = await planned(world, 'apply', '--no-exchange');
    expect(written(plan, 5)).toEqual(
      expect.arrayContaining([
        'add CustomResourceDefinition azureidentities.aadpodidentity.k8s.io',
        'add AzureIdentity demo/web',
        'add AzureIdentity demo/tenant',
        'add AzureIdentityBinding demo/tenant-binding',
      ]),
    );
    expect(plan.changes).toContainEqual(expect.objectContaining({ kind: 'machine', step: 5 }));
  }, 120_000);

  it('refuses as the run itself would, and says with --exit-code whether there is anything to do', async () => {
    await using world = await takeoverWorld(stay);
    const { podid } = world;
    const refused = async (...more: string[]) => {
      const writes = writesOf(podid);
      const [dry, wet] = [
        await run(world, 'apply', '--dry-run', ...more),
        await run(world, 'apply', ...more),
      ];
      expect([dry.exitCode, dry.stderr]).toEqual([wet.exitCode, wet.stderr]);
      expect(writesOf(podid)).toBe(writes);
      return dry;
    };
    expect((await refused()).stderr).toContain('without the file of a plan');
    const file = await planFile(world);
    const some = await run(world, 'apply', '-f', file, '--dry-run', '--exit-code');
    expect(some.exitCode, some.stderr).toBe(9);
    podid.emulator.kube.remove('AzureIdentityBinding', 'demo', 'web-binding');
    expect((await refused('-f', file)).stderr).toContain('ObjectsMissing');
    const alone = await podid.run(['takeover', 'apply', ...cluster, ...image, '--exit-code']);
    expect([alone.exitCode, alone.stderr]).toEqual([
      2,
      expect.stringContaining('--exit-code needs --dry-run'),
    ]);
  }, 120_000);

  it('refuses a view that lacks what was saved, in the step that would hold it', async () => {
    await using world = await takeoverWorld(stay);
    seedTenant(world);
    await begun(world, 2);
    world.podid.emulator.kube.remove('AzureIdentityBinding', 'demo', 'tenant-binding');
    const ran = await run(world, 'apply', '--dry-run');
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringMatching(/Step 3 of the takeover: .*missing.*AzureIdentityBinding demo\/tenant-binding/),
    ]);
  }, 120_000);

  it('has the changes of each step below its title, for people', async () => {
    await using world = await takeoverWorld(stay);
    const file = await planFile(world);
    const words = ['takeover', 'apply', ...cluster, ...image, '-f', file, '--dry-run', '-o', 'table'];
    const ran = await world.podid.run([...words, '--no-exchange']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stdout).toMatch(/\n3 of 8: hold: .*\n\+ Pod in namespace demo\n +node +aks-/);
    expect(ran.stdout).toMatch(/^1 of 8: agent: .*\n\+ ConfigMap kube-system\/podid-takeover\n/);
    expect(ran.stdout).toMatch(/\n4 of 8: disable: the add-on is off\n- add-on\n/);
    expect(ran.stdout).toMatch(/; one write of the cluster in Azure\.\n$/);
  }, 120_000);
});

describe('podid takeover rollback --dry-run', () => {
  it.each([1, 3])(
    'shows the way back to the add-on that is on, after step %i',
    async (step) => {
      await using world = await takeoverWorld(stay);
      await begun(world, step);
      const plan = await planned(world, 'rollback');
      expect(plan.steps.map(({ title }) => title)).toEqual([
        '1 of 3: tokens come from the nodes again',
        '2 of 3: the probe pods and the hold go',
        "3 of 3: podid's agent goes, and its rules with it",
      ]);
      expect(written(plan, 1)).toEqual(step < 2 ? [record] : [record, 'update tokenSource demo/web']);
      expect(written(plan, 2)).toEqual(
        step < 3 ? [] : [expect.stringMatching(/^delete Pod demo\/podid-takeover-/)],
      );
      expect(written(plan, 3)).toContain('delete DaemonSet kube-system/podid-nmi');
      expect(plan.puts).toBe(0);
      expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    },
    120_000,
  );

  it('shows the way to an add-on that is turned on anew, in two writes of the cluster', async () => {
    await using world = await takeoverWorld(go);
    await begun(world, 8);
    const plan = await planned(world, 'rollback');
    expect(written(plan, 1)).toEqual(
      expect.arrayContaining([record, 'update DaemonSet kube-system/podid-nmi']),
    );
    expect(written(plan, 2)).toEqual(['add addon']);
    expect(written(plan, 3)).toContain('add identity demo/web');
    expect(plan.puts).toBe(2);
    const words = ['takeover', 'rollback', ...cluster, '--dry-run', '-o', 'table'];
    expect((await world.podid.run(words)).stdout).toMatch(/2 writes of the cluster in Azure\.\n$/);
  }, 120_000);

  it('refuses as the run itself would', async () => {
    await using world = await takeoverWorld(stay);
    const nothing = await run(world, 'rollback', '--dry-run');
    expect([nothing.exitCode, nothing.stderr]).toEqual([
      5,
      expect.stringContaining('There is no takeover to roll back.'),
    ]);
    await begun(world, 3);
    world.podid.emulator.kube.remove('DaemonSet', 'kube-system', 'nmi');
    const words = ['takeover', 'rollback', ...cluster, ...image, '--dry-run', '--exit-code', ...quick];
    const [writes, ran] = [writesOf(world.podid), await world.podid.run(words)];
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringContaining("the add-on's agent is not in the cluster"),
    ]);
    expect(writesOf(world.podid)).toBe(writes);
  }, 120_000);
});
