import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityId } from './emulated-podid.ts';
import {
  begun,
  cluster,
  done,
  image,
  planFile,
  quick,
  recordOf,
  stay,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

interface DaemonSet {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containers: readonly { readonly image: string; readonly args: readonly string[] }[];
      };
    };
  };
}

function agentOf({ podid }: TakeoverWorld) {
  const found = podid.emulator.kube.get('DaemonSet', 'kube-system', 'podid-nmi') as unknown as DaemonSet;
  const { template } = found.spec;
  const [first] = template.spec.containers;
  return {
    team: template.metadata.labels['team'],
    image: first?.image,
    port: template.spec.containers.flatMap(({ args }) => args).find((arg) => arg.startsWith('--nmi-port=')),
    verbose: template.spec.containers.every(({ args }) => args.includes('-v=5')),
  };
}

const ofTeam = ['--set', 'nmi.podLabels.team=payments,nmi.logVerbosity=5'];
const kept = {
  team: 'payments',
  image: expect.stringContaining('registry.example.net/podid'),
  verbose: true,
};

const ofIdentity = ['--identity-resource-id', identityId('web')];

/** As somebody types it who gives no value. */
function plainly({ podid }: TakeoverWorld, word: string, ...more: readonly string[]) {
  return podid.run(['takeover', word, ...cluster, ...quick, '--no-probes', ...more]);
}

async function installed({ podid }: TakeoverWorld): Promise<void> {
  const ran = await podid.run(['nmi', 'install', '--alongside', ...image, ...ofTeam, ...cluster]);
  expect(ran.exitCode, ran.stderr).toBe(0);
}

describe("podid's own agent in a takeover", () => {
  it('keeps what it was installed with, where it was there before, to the end and back', async () => {
    await using world = await takeoverWorld(stay);
    await installed(world);
    const first = await plainly(world, 'apply', '-f', await planFile(world), '--until', '1');
    expect(first.exitCode, first.stderr).toBe(0);
    expect(agentOf(world)).toMatchObject({ ...kept, port: '--nmi-port=2580' });
    expect((await plainly(world, 'apply')).exitCode).toBe(0);
    expect(agentOf(world)).toMatchObject({ ...kept, port: '--nmi-port=2579' });
    expect((await plainly(world, 'rollback')).exitCode).toBe(0);
    expect(agentOf(world)).toMatchObject({ ...kept, port: '--nmi-port=2580' });
  });

  it('keeps what step 1 was given, in a run that is told nothing, and takes what one is told', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 1, ...ofTeam);
    expect((await plainly(world, 'apply', '--until', '2')).exitCode).toBe(0);
    expect(agentOf(world)).toMatchObject(kept);
    const told = ['--set', 'nmi.podLabels.team=shop', '--until', '7'];
    expect((await plainly(world, 'apply', ...told)).exitCode).toBe(0);
    expect(agentOf(world)).toMatchObject({ ...kept, team: 'shop', port: '--nmi-port=2579' });
  });

  it('is not written where nothing says with what it was installed, but by a file of all values', async () => {
    await using world = await takeoverWorld(stay);
    await installed(world);
    const file = await planFile(world);
    const { kube } = world.podid.emulator;
    const found = kube.get('DaemonSet', 'kube-system', 'podid-nmi') as Parameters<typeof kube.seed>[0];
    kube.seed({ ...found, metadata: { ...found.metadata, annotations: {} } });
    const refused = await world.podid.run(['takeover', 'apply', ...cluster, ...image, ...quick, '-f', file]);
    expect([refused.exitCode, refused.stderr]).toEqual([
      5,
      expect.stringMatching(/AgentValuesUnknown.*nothing says with which values.*--values FILE/),
    ]);
    expect(recordOf(world).state).toBe('not-begun');
    const values = join(world.folder, 'values.yaml');
    await writeFile(values, 'podid: {image: {repository: registry.example.net/podid}}\n');
    const ran = await plainly(world, 'apply', '-f', file, '--until', '1', '--values', values);
    expect(ran.exitCode, ran.stderr).toBe(0);
  });

  it('leaves no secret of its values in the cluster', async () => {
    await using world = await takeoverWorld(stay);
    const values = join(world.folder, 'values.yaml');
    await writeFile(values, 'adminsecret: {clientSecret: geheim}\nnmi: {podLabels: {team: payments}}\n');
    await begun(world, 1, '--values', values);
    expect(agentOf(world).team).toBe('payments');
    expect(JSON.stringify(world.podid.emulator.kube.list('DaemonSet'))).not.toContain('geheim');
    expect(await readFile(values, 'utf8')).toContain('geheim');
  });

  it('is asked an image for, before anything is asked or written', async () => {
    await using world = await takeoverWorld(stay);
    const ran = await plainly(world, 'apply', '-f', await planFile(world));
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('podid.image.repository')]);
    expect(recordOf(world).state).toBe('not-begun');
  });
});

describe('podid takeover rollback', () => {
  it('says that there is nothing to roll back, before it misses an image', async () => {
    await using world = await takeoverWorld(stay);
    const ran = await plainly(world, 'rollback');
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringContaining('There is no takeover to roll back.'),
    ]);
    expect(ran.stderr).not.toContain('podid.image.repository');
  });

  it('gives back no entry that somebody deleted once all was done, and names each', async () => {
    await using world = await takeoverWorld(stay);
    const { podid } = world;
    for (const name of ['second', 'third']) {
      await podid.json(['add', ...cluster, '--namespace', 'demo', '--name', name, ...ofIdentity]);
    }
    await begun(world, 8, '--no-probes');
    await podid.json([
      'delete',
      ...cluster,
      '--mode',
      'cluster',
      '--namespace',
      'demo',
      '--name',
      'second',
      '--yes',
    ]);
    const bindings = podid.emulator.kube.list('AzureIdentityBinding');
    for (const { metadata, spec } of bindings) {
      if ((spec as { readonly azureIdentity?: string }).azureIdentity === 'third') {
        podid.emulator.kube.remove('AzureIdentityBinding', 'demo', metadata.name);
      }
    }
    const { stderr } = await done(world, 'rollback');
    const entries = (await podid.json(['list', ...cluster, '-o', 'json'])) as readonly {
      readonly name: string;
    }[];
    expect(entries.map(({ name }) => name)).toEqual(['web']);
    expect(stderr).toMatch(/Not given back, .*pod identity demo\/second, pod identity demo\/third/);
    expect(podid.emulator.kube.get('AzureIdentity', 'demo', 'second')).toBeUndefined();
  });
});

describe('podid takeover where the cluster lets nobody see where agents are missing', () => {
  it.each(['nodes', 'pods'])(
    'ends in the step that waits for every agent where %s may not be listed any more',
    async (resource) => {
      await using world = await takeoverWorld(stay, { nodes: 2 });
      const { kube } = world.podid.emulator;
      await begun(world, 2, '--no-probes');
      kube.faults.deny = [{ verb: 'list', resource }];
      const ran = await plainly(world, 'apply', '--until', '3');
      expect([ran.exitCode, recordOf(world).step]).toEqual([6, 2]);
      const { message, hint } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
      expect(message).toMatch(
        new RegExp(
          `^Step 3 of the takeover: Nobody can see whether every agent holds the view\\. .* list ${resource} .*`,
        ),
      );
      expect(hint).toContain('podid takeover apply');
      kube.faults.deny = [];
      await plainly(world, 'apply', '--until', '3');
      expect(recordOf(world).step).toBe(3);
    },
  );
});

describe('podid takeover where agents may not be asked', () => {
  it('ends in the step that waits for what they say, at once, with the right that is missing', async () => {
    await using world = await takeoverWorld(stay);
    const { kube } = world.podid.emulator;
    await begun(world, 2, '--no-probes');
    kube.faults.deny = [{ resource: 'pods/proxy' }];
    const ran = await plainly(world, 'apply', '--until', '3');
    expect([ran.exitCode, recordOf(world).step]).toEqual([6, 2]);
    const { message, hint } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
    expect(message).toMatch(
      /^Step 3 of the takeover: Nobody can see whether every agent holds the view\. .* get pods\/proxy /,
    );
    expect(hint).toMatch(/kubectl auth can-i get pods\/proxy -n kube-system.*podid takeover apply/);
    kube.faults.deny = [];
    await plainly(world, 'apply', '--until', '3');
    expect(recordOf(world).step).toBe(3);
  });
});

describe('podid takeover where no pod gets a token', () => {
  it('says that nobody can be probed, and ends well', async () => {
    await using world = await takeoverWorld(stay);
    const { podid } = world;
    await podid.json(['delete', ...cluster, '--namespace', 'demo', '--name', 'web', '--yes']);
    const { stderr, steps, state } = await begun(world, 8);
    expect([state, steps]).toEqual(['done', []]);
    expect(stderr).toContain('No AzureIdentityBinding leads to a managed identity');
  });
});
