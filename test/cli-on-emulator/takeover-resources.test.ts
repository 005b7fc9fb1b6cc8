import { describe, expect, it } from 'vitest';
import { withOneThatStays } from './takeover-tenant.ts';
import { begun, done, stay, type TakeoverWorld, takeoverWorld } from './takeover-world.ts';

const arm = 'https://management.azure.com/';
const vault = 'https://vault.azure.net';
const storage = 'https://storage.azure.com/';

function nodesOf({ podid }: TakeoverWorld): readonly string[] {
  return podid.emulator.kube.list('Node').map(({ metadata }) => metadata.name);
}

/** The resources that each probe pod asked for, by its log. */
function probed({ podid }: TakeoverWorld): readonly (readonly string[])[] {
  return podid.emulator.kube
    .list('Pod', 'demo')
    .filter(({ metadata }) => metadata.name.startsWith('podid-takeover'))
    .map(({ metadata }) => {
      const log = metadata.annotations?.['emulator.podid.io/log'] ?? '';
      const lines = log.split('\n').filter((line) => line !== '');
      return [...new Set(lines.map((line) => line.split(' ').at(-1) ?? ''))].toSorted();
    });
}

/** Until the agents' records have each pod that asks, with so many resources. */
async function untilSeen({ podid }: TakeoverWorld, wanted: Readonly<Record<string, number>>): Promise<void> {
  const seen = () => {
    const texts = podid.emulator.kube
      .list('Pod', 'kube-system')
      .map(({ metadata }) => metadata.annotations?.['emulator.podid.io/answers'] ?? '{}');
    const answers = texts.flatMap((text) =>
      Object.entries(JSON.parse(text) as Record<string, { text: string }>),
    );
    const records = answers.flatMap(([path, { text }]) =>
      path.endsWith('/record') ? [JSON.parse(text)] : [],
    );
    const pods = records.flatMap(({ pods: all }) => all as { name: string; uses: { outcome: string }[] }[]);
    return Object.fromEntries(
      Object.keys(wanted).map((name) => [
        name,
        pods.find((pod) => pod.name === name)?.uses.filter(({ outcome }) => outcome === 'answered').length ??
          0,
      ]),
    );
  };
  await expect.poll(seen, { timeout: 60_000 }).toEqual(wanted);
}

describe('probe pods of a takeover', () => {
  it('ask for each resource that pods of their identity use, on every node', async () => {
    await using world = await takeoverWorld(stay, { nodes: 2 });
    await begun(world, 1);
    world.askAs('web', { resources: [vault, storage] });
    await untilSeen(world, { 'asks-web': 2 });
    const status = await done(world, 'apply', '--until', '3');
    expect(status.proof.answered).toBe(status.proof.asked);
    expect(probed(world)).toEqual([
      [storage, vault],
      [storage, vault],
    ]);
    expect(status.stderr).not.toContain('stays with the nodes');
  }, 120_000);

  it('ask for eight at most, and the run names the others', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 1);
    const resources = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `https://r${number}.example.net`);
    const [node = ''] = nodesOf(world);
    world.askAs('web', { resources });
    world.askAs('web', { resources: [vault], node });
    await untilSeen(world, { 'asks-web': 8, [`asks-web-${node.slice(-6)}`]: 1 });
    const { stderr } = await done(world, 'apply', '--until', '3', '--no-exchange');
    expect(stderr).toMatch(
      /ask for 9 resources\. The probe pods ask for the 8 .* and not for https:\/\/vault/,
    );
    expect(probed(world)).toEqual([resources]);
  }, 120_000);

  it('ask for the usual one where nobody has asked for any', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 3);
    expect(probed(world)).toEqual([[arm]]);
  }, 120_000);
});

describe('what stays with the nodes in a takeover', () => {
  it('is named with each resource for which an agent has no token, and the pods of which nobody knows', async () => {
    await using world = await takeoverWorld(stay, { nodes: 2 });
    await withOneThatStays(world);
    await begun(world, 1);
    const [one = '', two = ''] = nodesOf(world);
    world.askAs('stays', { resources: [arm, vault], node: one });
    world.askAs('stays', { resources: [arm], node: two });
    await untilSeen(world, { [`asks-stays-${one.slice(-6)}`]: 2, [`asks-stays-${two.slice(-6)}`]: 1 });
    world.podid.emulator.kube.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'idle', namespace: 'demo', labels: { aadpodidbinding: 'stays' } },
      spec: { nodeName: one, containers: [{ name: 'app', image: 'registry.example.net/app' }] },
      status: { phase: 'Running' },
    });
    const { stderr } = await done(world, 'apply', '--until', '3');
    expect(stderr).toContain(`On each node with pods of it the agent has a token for ${arm}.`);
    expect(stderr).toContain(`the agent has no lasting token for: ${vault} on ${two}. While AKS`);
    expect(stderr).toContain("of its 3 pods these got no token since podid's agent came: demo/idle.");
    expect(stderr).not.toContain('demo/web stays');
  }, 120_000);

  it('has a token for each resource on each node, where the probe pods ask as it', async () => {
    await using world = await takeoverWorld(stay, { nodes: 2 });
    await begun(world, 1, '--no-exchange');
    const [one = '', two = ''] = nodesOf(world);
    world.askAs('web', { resources: [vault, storage], node: one });
    world.askAs('web', { resources: [storage], node: two });
    await untilSeen(world, { [`asks-web-${one.slice(-6)}`]: 2, [`asks-web-${two.slice(-6)}`]: 1 });
    const { stderr } = await done(world, 'apply', '--until', '3', '--no-exchange');
    expect(stderr).toContain(
      `demo/web stays with the nodes. On each node with pods of it the agent has a token for ${storage}, ${vault}.`,
    );
    expect(stderr).not.toContain('no lasting token');
  }, 120_000);
});
