import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';
import { fastClock } from './exchange-emulator.ts';
import {
  begun,
  cluster,
  dataOf,
  done,
  image,
  planFile,
  quick,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
  writesOf,
} from './takeover-world.ts';

function sourceOf({ emulator }: EmulatedPodid, name: string): string | undefined {
  return emulator.kube.get('AzureIdentity', 'demo', name)?.metadata.annotations?.['podid.io/token-source'];
}

async function withoutBefore(file: string): Promise<void> {
  const { before, ...older } = parse(await readFile(file, 'utf8'));
  expect(before).toMatchObject({ agent: expect.any(Boolean) });
  await writeFile(file, stringify(older));
}

async function exchanged({ podid }: TakeoverWorld): Promise<void> {
  const values = [...image, '--set', 'podid.exchange.enabled=true'];
  await podid.run(['nmi', 'install', '--alongside', ...values, ...cluster, '--timeout', '40m']);
  await podid.run(['exchange', 'enable', ...cluster, ...quick]);
  expect(sourceOf(podid, 'web')).toBe('exchange');
}

describe('podid takeover rollback by a file where nothing was begun', () => {
  it.each(['in-use', 'way-out'])(
    'writes nothing in scenario %s, and leaves the agent and its identities',
    async (scenario) => {
      await using podid = await emulatedPodid({ scenario }, {}, { clock: fastClock() });
      const folder = await mkdtemp(join(tmpdir(), 'podid-takeover-'));
      if (scenario === 'way-out') {
        await podid.run(['exchange', 'enable', ...cluster, ...quick]);
        expect(sourceOf(podid, 'web')).toBe('exchange');
      }
      const file = join(folder, 'takeover.yaml');
      await podid.json(['takeover', 'plan', ...cluster, '--out', file, '-o', 'json']);
      const [writes, source] = [writesOf(podid), sourceOf(podid, 'web')];
      const ran = await podid.run(['takeover', 'rollback', ...cluster, '-f', file, '--yes']);
      expect([ran.exitCode, ran.stderr]).toEqual([
        5,
        expect.stringMatching(/Nothing shows that a takeover was begun[\s\S]*podid takeover status/),
      ]);
      expect(writesOf(podid)).toBe(writes);
      expect(sourceOf(podid, 'web')).toBe(source);
      expect(podid.emulator.kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeDefined();
      await rm(folder, { recursive: true });
    },
  );

  it('writes nothing, and says so, where the file is of an earlier podid', async () => {
    await using world = await takeoverWorld(stay);
    await exchanged(world);
    const file = await planFile(world);
    await withoutBefore(file);
    const writes = writesOf(world.podid);
    const ran = await run(world, 'rollback', '-f', file);
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringMatching(/does not say whether[\s\S]*podid exchange disable/),
    ]);
    expect([writesOf(world.podid), sourceOf(world.podid, 'web')]).toEqual([writes, 'exchange']);
  });

  it("writes nothing where the agent that came since was put beside the add-on's by hand, whatever it exchanges", async () => {
    await using world = await takeoverWorld(stay);
    const file = await planFile(world);
    await exchanged(world);
    const writes = writesOf(world.podid);
    const ran = await run(world, 'rollback', '-f', file);
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringMatching(
        /came since, without the mark of a takeover[\s\S]*podid exchange disable [\s\S]*podid nmi uninstall /,
      ),
    ]);
    expect([writesOf(world.podid), sourceOf(world.podid, 'web')]).toEqual([writes, 'exchange']);
    expect(world.podid.emulator.kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeDefined();
  });

  it('writes nothing where the agent that came since is at the usual ports', async () => {
    await using world = await takeoverWorld(stay);
    const { kube } = world.podid.emulator;
    const file = await planFile(world);
    const addon = kube.get('DaemonSet', 'kube-system', 'nmi') as Parameters<typeof kube.seed>[0];
    kube.remove('DaemonSet', 'kube-system', 'nmi');
    await world.podid.run(['nmi', 'install', ...image, ...cluster, '--timeout', '40m']);
    kube.seed(addon);
    expect((await run(world, 'rollback', '-f', file)).exitCode).toBe(5);
    expect(kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeDefined();
  });
});

describe('podid takeover rollback by a file of a takeover whose ConfigMap is gone', () => {
  it('brings back what the takeover switched alone, and leaves an agent that was there', async () => {
    await using world = await takeoverWorld(stay);
    const { podid } = world;
    await exchanged(world);
    const more = ['--namespace', 'demo', '--name', 'second', '--identity-resource-id', identityId('web')];
    await podid.json(['add', ...cluster, ...more]);
    await begun(world, 3);
    expect(sourceOf(podid, 'second')).toBe('exchange');
    podid.emulator.kube.remove('ConfigMap', 'kube-system', 'podid-takeover');
    const { stderr } = await done(world, 'rollback', '-f', join(world.folder, 'takeover.yaml'));
    expect(stderr).toContain('demo/second come from the nodes again');
    expect([sourceOf(podid, 'web'), sourceOf(podid, 'second')]).toEqual(['exchange', 'imds']);
    expect(podid.emulator.kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeDefined();
  });

  it('takes away the agent that the takeover put there, which is marked so', async () => {
    await using world = await takeoverWorld(stay);
    const { kube } = world.podid.emulator;
    await begun(world, 3);
    const file = join(world.folder, 'takeover.yaml');
    kube.remove('ConfigMap', 'kube-system', 'podid-takeover');
    const found = kube.get('DaemonSet', 'kube-system', 'podid-nmi');
    expect(found?.metadata.annotations).toMatchObject({ 'podid.io/put-by': 'takeover' });
    await done(world, 'rollback', '-f', file);
    expect(kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeUndefined();
    expect(sourceOf(world.podid, 'web')).toBe('imds');
  });

  it('takes the agent away, too, where the takeover was begun anew meanwhile', async () => {
    await using world = await takeoverWorld(stay);
    const { kube } = world.podid.emulator;
    await begun(world, 3);
    kube.remove('ConfigMap', 'kube-system', 'podid-takeover');
    await rm(join(world.folder, 'takeover.yaml'));
    await begun(world, 3);
    expect(kube.get('DaemonSet', 'kube-system', 'podid-nmi')?.metadata.annotations).toMatchObject({
      'podid.io/put-by': 'takeover',
    });
    await done(world, 'rollback');
    expect(kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeUndefined();
    expect(sourceOf(world.podid, 'web')).toBe('imds');
  });

  it.each(['with', 'without'])(
    "writes nothing where the add-on's agent is not there, %s its ConfigMap",
    async (configMap) => {
      await using world = await takeoverWorld(stay);
      await begun(world, 3);
      const { kube } = world.podid.emulator;
      kube.remove('DaemonSet', 'kube-system', 'nmi');
      if (configMap === 'without') {
        kube.remove('ConfigMap', 'kube-system', 'podid-takeover');
      }
      const [writes, before] = [writesOf(world.podid), dataOf(world)];
      const ran = await run(world, 'rollback', '-f', join(world.folder, 'takeover.yaml'));
      expect([ran.exitCode, ran.stderr]).toEqual([
        5,
        expect.stringContaining("the add-on's agent is not in the cluster"),
      ]);
      expect([writesOf(world.podid), dataOf(world)]).toEqual([writes, before]);
      expect(sourceOf(world.podid, 'web')).toBe('exchange');
    },
  );
});

describe('podid takeover apply', () => {
  it("begins by no file from before podid's agent came", async () => {
    await using world = await takeoverWorld(stay);
    const file = await planFile(world);
    await world.podid.run(['nmi', 'install', '--alongside', ...image, ...cluster]);
    const ran = await run(world, 'apply', '-f', file);
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringMatching(/podid's agent has come or gone[\s\S]*podid takeover plan/),
    ]);
    expect(dataOf(world)).toEqual({});
  });
});
