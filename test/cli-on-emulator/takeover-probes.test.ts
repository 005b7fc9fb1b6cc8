import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/domain/time/clock.ts';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import {
  begun,
  cluster,
  done,
  impatientClock,
  planFile,
  type RecordedProbe,
  recordOf,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

/** Of a longest wait, and a time in the far future. */
const forged = 'T 999999999999999 1 3\nT 999999999999999 0 987654321\n';

/** As the ConfigMap has them. */
const recorded = (world: TakeoverWorld) => recordOf(world).probes ?? [];

/** A tenant's, which says what a probe pod would. */
function forge({ podid }: TakeoverWorld, name: string, node: string): void {
  podid.emulator.kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', annotations: { 'emulator.podid.io/log': forged } },
    spec: { nodeName: node, containers: [{ name: 'probe', image: 'registry.example.net/tenant' }] },
    status: { phase: 'Running' },
  });
}

function podsOf({ podid }: TakeoverWorld): readonly KubeObject[] {
  return podid.emulator.kube
    .list('Pod', 'demo')
    .filter(({ metadata }) => metadata.name.startsWith('podid-takeover'));
}

function imageOf(pod: KubeObject | undefined): string | undefined {
  return (pod?.['spec'] as { containers: { image: string }[] } | undefined)?.containers[0]?.image;
}

/** After step 3: one probe pod a node. */
async function heldWorld(more: readonly string[] = [], clock?: Clock): Promise<TakeoverWorld> {
  const world = await takeoverWorld(stay, { nodes: 2, ...(clock === undefined ? {} : { clock }) });
  await begun(world, 3, ...more);
  expect(recorded(world).length).toBeGreaterThan(0);
  return world;
}

describe("probe pods of a takeover, and pods that are not podid's", () => {
  it('are told apart where a tenant took each name that can be worked out from a node', async () => {
    await using world = await takeoverWorld(stay, { nodes: 2 });
    const { kube } = world.podid.emulator;
    const names = kube.list('Node').map(({ metadata: { name: node } }) => {
      const name = `podid-takeover-${createHash('sha256').update(node).digest('hex').slice(0, 10)}`;
      forge(world, name, node);
      return name;
    });
    const status = await done(world, 'apply', '-f', await planFile(world), '--until', '3');
    expect(status.proof).toMatchObject({ silent: [] });
    expect(status.proof.asked).toBeGreaterThan(0);
    expect(status.proof.longestMs).toBeLessThan(987_654_321);
    expect(podsOf(world)).toHaveLength(2 * names.length);
    await done(world, 'rollback');
    expect(podsOf(world).map(({ metadata }) => metadata.name)).toEqual(names.toSorted());
  }, 120_000);

  it('are refused where a tenant has the very name, and the tenant keeps the pod', async () => {
    await using world = await takeoverWorld(stay, { nodes: 2 });
    const { kube } = world.podid.emulator;
    const file = await planFile(world);
    const stop = kube.subscribe(({ object }) => {
      const planned = object.metadata.name === 'podid-takeover' ? recorded(world) : [];
      for (const { node, name, uid } of planned) {
        if (uid === '' && kube.get('Pod', 'demo', name) === undefined) {
          forge(world, name, node);
        }
      }
    });
    const ran = await run(world, 'apply', '-f', file, '--until', '3');
    stop();
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringMatching(/Pod demo\/podid-takeover-\w+ is not podid's/),
    ]);
    const taken = podsOf(world).map(({ metadata }) => metadata.name);
    const status = await done(world, 'apply', '--until', '3');
    expect(status.proof.longestMs).toBeLessThan(987_654_321);
    await done(world, 'rollback');
    expect(podsOf(world).map(({ metadata }) => metadata.name)).toEqual(taken);
  }, 120_000);

  it('are made anew where a tenant put a pod in their place', async () => {
    await using world = await heldWorld();
    const { kube } = world.podid.emulator;
    const before = recorded(world);
    for (const { name, node } of before) {
      kube.remove('Pod', 'demo', name);
      forge(world, name, node);
    }
    const status = await done(world, 'apply');
    expect(status).toMatchObject({ step: 8, proof: { silent: [] } });
    expect(status.proof.longestMs).toBeLessThan(987_654_321);
    expect(podsOf(world).map((pod) => [pod.metadata.name, imageOf(pod)])).toEqual(
      expect.arrayContaining(before.map(({ name }) => [name, 'registry.example.net/tenant'])),
    );
    expect(podsOf(world)).toHaveLength(before.length);
  }, 120_000);

  it.each([
    ['apply', ['--no-probes']],
    ['rollback', ['--no-probes']],
  ])(
    'are taken away by %s %j',
    async (word, flags) => {
      await using world = await heldWorld();
      await done(world, word, ...flags);
      expect([podsOf(world), recorded(world)]).toEqual([[], []]);
    },
    120_000,
  );

  it("are pulled with the secrets of the agent's image", async () => {
    await using world = await heldWorld(['--set', 'imagePullSecrets[0].name=registry']);
    expect(podsOf(world).map(({ spec }) => spec)).toEqual(
      recorded(world).map(() => expect.objectContaining({ imagePullSecrets: [{ name: 'registry' }] })),
    );
  }, 120_000);
});

describe('probe pods of a takeover that do not ask', () => {
  it('are made anew where they have ended: what an ended one asked proves nothing', async () => {
    await using world = await heldWorld();
    const { kube } = world.podid.emulator;
    const before = recorded(world);
    for (const { name } of before) {
      kube.seed({ ...(kube.get('Pod', 'demo', name) as KubeObject), status: { phase: 'Failed' } });
    }
    expect(await done(world, 'apply', '--until', '4')).toMatchObject({ step: 4, proof: { silent: [] } });
    expect(podsOf(world)).toHaveLength(before.length);
    expect(recorded(world).map(({ uid }) => uid)).not.toContain(before[0]?.uid);
  }, 120_000);

  it('make it exit 10 with the node, where they hang', async () => {
    await using world = await heldWorld([], impatientClock());
    const [hanging] = recorded(world) as [RecordedProbe];
    world.mute(hanging.name);
    const ran = await run(world, 'apply', '--until', '6');
    expect([ran.exitCode, ran.stderr]).toEqual([10, expect.stringContaining(hanging.node)]);
    expect(JSON.parse(ran.stdout)).toMatchObject({ step: 6, proof: { silent: [hanging.node] } });
    const table = await world.podid.run(['takeover', 'status', ...cluster, '-o', 'table']);
    expect(table.stdout).toContain(`nothing asked on ${hanging.node}`);
  }, 180_000);

  it('make it exit 10 with the node, and fail no step, where they cannot be made anew', async () => {
    await using world = await heldWorld();
    const { kube } = world.podid.emulator;
    const lost = recorded(world);
    for (const { name } of lost) {
      kube.remove('Pod', 'demo', name);
    }
    kube.faults = { ...kube.faults, deny: [{ verb: 'create', resource: 'pods' }] };
    const ran = await run(world, 'apply', '--until', '4');
    expect([ran.exitCode, ran.stderr]).toEqual([10, expect.stringContaining('asked nothing')]);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      step: 4,
      steps: [{ step: 3 }, { step: 4, asked: 0, silent: lost.map(({ node }) => node).toSorted() }],
    });
  }, 120_000);
});
