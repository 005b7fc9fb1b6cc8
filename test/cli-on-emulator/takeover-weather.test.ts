import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../architecture/source-files.ts';
import {
  begun,
  cluster,
  done,
  failedOf,
  go,
  planFile,
  quick,
  run,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

const throttled = { error: { code: 'TooManyRequests', message: 'Slow down.' } };

/** The cluster's own, when step 3 is done: the add-on is on still. */
async function heldWorld(): Promise<TakeoverWorld> {
  const world = await takeoverWorld(go);
  await begun(world, 3);
  return world;
}

describe('podid takeover in bad weather', () => {
  it.each([
    ['is throttled', { status: 429, headers: { 'Retry-After': '1' }, body: throttled }],
    ['is answered 503', { status: 503, body: { error: { code: 'ServerTimeout', message: 'Try again.' } } }],
    ['is cut off before it counts', { drop: true }],
    ['is cut off once it counts', { drop: true, when: 'after' }],
  ] as const)(
    'turns the add-on off once, where the write of the cluster %s',
    async (_, effect) => {
      await using world = await heldWorld();
      world.podid.emulator.faults.add({ match: { operation: 'clusters.put', times: 1 }, effect });
      // What it cannot know the end of it says, and the same command goes on.
      for (let times = 0; times < 3; times += 1) {
        const ran = await run(world, 'apply');
        if (ran.exitCode === 0) {
          break;
        }
        expect(ran.stderr).toContain('podid takeover apply');
      }
      expect(await world.podid.json(['takeover', 'status', ...cluster, '-o', 'json'])).toMatchObject({
        step: 8,
        state: 'done',
      });
      expect(failedOf(world)).toBe(0);
    },
    120_000,
  );

  it.each(['503', 'reset', 'html'] as const)(
    'says that the API server is away (%s), in the middle, and goes on when it is back',
    async (away) => {
      await using world = await heldWorld();
      const { kube } = world.podid.emulator;
      kube.faults = { ...kube.faults, away };
      const ran = await run(world, 'apply');
      expect(ran.exitCode).toBe(7);
      expect(world.podid.count('clusters.put')).toBe(0);
      kube.faults = { ...kube.faults, away: null };
      await done(world, 'apply');
      expect(failedOf(world)).toBe(0);
    },
    120_000,
  );

  it.each<[string, (text: string) => string]>([
    ['nothing', () => ''],
    ['a list', () => '- 1\n'],
    ['another kind', (text) => text.replace('PodIdentityTakeover', 'PodIdentities')],
    ['two documents', (text) => `${text}---\n${text}`],
    ['no YAML', () => 'a: [1\n'],
    [
      'another object than it was read from',
      (text) => text.replace(/clientID: \S+/, 'clientID: 00000000-0000-4000-8000-00000000ffff'),
    ],
    ['no uid', (text) => text.replace(/clusterUid: .*\n/, '')],
    ['a machine that is a command', (text) => text.replace(/resource: \S+/, 'resource: $(reboot)')],
  ])('begins nothing by a file that holds %s', async (_, edit) => {
    await using world = await takeoverWorld(go);
    const file = await planFile(world);
    const text = await readFile(file, 'utf8');
    await writeFile(file, edit(text));
    expect(edit(text)).not.toBe(text);
    const ran = await run(world, 'apply', '-f', file);
    expect([2, 5], ran.stderr).toContain(ran.exitCode);
    expect(world.podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover')).toBeUndefined();
    expect(world.podid.emulator.kube.get('DaemonSet', 'kube-system', 'podid-nmi')).toBeUndefined();
  });

  it('lets of two operators at once one go on, and loses no request', async () => {
    await using world = await takeoverWorld(go);
    const file = await planFile(world);
    const both = await Promise.all([run(world, 'apply', '-f', file), run(world, 'apply', '-f', file)]);
    const failed = both.filter(({ exitCode }) => exitCode !== 0);
    expect(failed.length, both.map(({ stderr }) => stderr).join('\n')).toBeLessThanOrEqual(1);
    for (const { exitCode, stderr } of failed) {
      expect([exitCode, stderr]).toEqual([5, expect.stringContaining('podid takeover')]);
    }
    await done(world, 'apply');
    expect(await world.podid.json(['takeover', 'status', ...cluster, '-o', 'json'])).toMatchObject({
      step: 8,
      state: 'done',
    });
    expect(world.podid.count('clusters.put')).toBe(1);
    expect(failedOf(world)).toBe(0);
  }, 120_000);

  it('goes there and back by the commands of its page', async () => {
    await using world = await takeoverWorld(go);
    const page = await readFile(join(root, 'docs/takeover.md'), 'utf8');
    const lines = [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
      .flatMap(([, block = '']) => block.split('\n'))
      .filter((line) => line.startsWith('podid '));
    expect(lines.map((line) => line.split(' ')[2])).toEqual(expect.arrayContaining(['apply', 'rollback']));
    const file = await planFile(world);
    for (const line of lines) {
      const words = line
        .replace('takeover.yaml', file)
        .replace('REGISTRY', 'registry.example.net')
        .split(' ')
        .slice(1);
      const more = words.includes('status') ? [] : quick;
      const ran = await world.podid.run([...words, ...more]);
      expect(ran.exitCode, `${line}\n${ran.stderr}`).toBe(0);
    }
    expect(await world.podid.json(['takeover', 'status', ...cluster, '-o', 'json'])).toMatchObject({
      state: 'rolled-back',
    });
    expect(failedOf(world)).toBe(0);
  }, 120_000);
});
