import { describe, expect, it, vi } from 'vitest';
import { identityId } from './emulated-podid.ts';
import {
  begun,
  cluster,
  done,
  go,
  image,
  impatientClock,
  quick,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

const namesOf = ({ podid }: TakeoverWorld, kind: string) =>
  podid.emulator.kube.list(kind).map(({ metadata }) => metadata.name);
async function entries({ podid }: TakeoverWorld): Promise<readonly string[]> {
  const ran = await podid.run(['list', ...cluster, '-o', 'json']);
  return (JSON.parse(ran.stdout || '[]') as { readonly name: string }[]).map(({ name }) => name);
}
async function isAddonOn({ podid }: TakeoverWorld): Promise<boolean> {
  return JSON.parse((await podid.run(['status', ...cluster, '-o', 'json'])).stdout).enabled === true;
}

/** As while Azure upgrades a node pool. */
function setState({ podid }: TakeoverWorld, provisioningState: string): void {
  for (const { document } of podid.emulator.world.clusters.values()) {
    Object.assign(document['properties'] as object, { provisioningState });
  }
}

/** The ConfigMap, and what agents are told to hold. */
function holdOf({ podid }: TakeoverWorld) {
  const found = podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover');
  if (found === undefined) {
    throw new Error('no takeover');
  }
  const data = found['data'] as Readonly<Record<string, string>>;
  return { found, data, head: JSON.parse(data['hold'] ?? '{}') as { readonly until: string } };
}

/** As hours later. */
function endHold(world: TakeoverWorld): void {
  const { found, data, head } = holdOf(world);
  const hold = JSON.stringify({ ...head, until: new Date(Date.now() - 60_000).toISOString() });
  world.podid.emulator.kube.seed({ ...found, data: { ...data, hold } });
}

/** As a chart of the user's own writes them. */
function objectsOfHelm({ podid }: TakeoverWorld): void {
  const labels = { 'app.kubernetes.io/managed-by': 'Helm' };
  const apiVersion = 'aadpodidentity.k8s.io/v1';
  podid.emulator.kube.seed({
    apiVersion,
    kind: 'AzureIdentity',
    metadata: { name: 'mine', namespace: 'demo', labels },
    spec: { type: 0, resourceID: identityId('web'), clientID: '00000000-0000-4000-8000-0000c11e0001' },
  });
  podid.emulator.kube.seed({
    apiVersion,
    kind: 'AzureIdentityBinding',
    metadata: { name: 'mine-b', namespace: 'demo', labels },
    spec: { azureIdentity: 'mine', selector: 'mine' },
  });
}

describe('podid takeover leaves no pod without an agent', () => {
  it('where apply and rollback run at once', async () => {
    await using world = await takeoverWorld(stay, { clock: impatientClock() });
    await begun(world, 3);
    const [, back] = await Promise.all([run(world, 'apply'), run(world, 'rollback')]);
    const agents = namesOf(world, 'DaemonSet');
    if (await isAddonOn(world)) {
      expect(await entries(world)).toEqual(['web']);
    } else {
      expect([back.exitCode !== 0, agents]).toEqual([true, expect.arrayContaining(['podid-nmi'])]);
    }
    expect(agents.length).toBeGreaterThan(0);
    expect(await done(world, 'rollback').catch(() => 'rolled back before')).toBeDefined();
    expect(await entries(world)).toEqual(['web']);
  });

  it('where the hold had ended, and Azure was at work on the cluster when it went on', async () => {
    await using world = await takeoverWorld(go);
    await begun(world, 3);
    endHold(world);
    setState(world, 'Upgrading');
    const { podid } = world;
    const goesOn = run(world, 'apply', '--until', '4');
    const asked = podid.count('clusters.get');
    await vi.waitUntil(() => podid.count('clusters.get') > asked + 10, { timeout: 20_000 });
    expect(podid.count('clusters.put')).toBe(0);
    setState(world, 'Succeeded');
    await vi.waitUntil(() => podid.count('clusters.put') > 0, { timeout: 20_000, interval: 5 });
    expect(Date.parse(holdOf(world).head.until) - Date.now()).toBeGreaterThan(90 * 60_000);
    expect(namesOf(world, 'DaemonSet')).toContain('podid-nmi');
    const { exitCode, stderr } = await goesOn;
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('they are held anew')]);
    expect(Object.values(world.asked).filter(({ failed }) => failed > 0)).toEqual([]);
  });

  it('where a rollback was begun while apply waited for Azure', async () => {
    await using world = await takeoverWorld(go);
    await begun(world, 3);
    setState(world, 'Upgrading');
    const { podid } = world;
    const goesOn = run(world, 'apply');
    const asked = podid.count('clusters.get');
    await vi.waitUntil(() => podid.count('clusters.get') > asked + 10, { timeout: 20_000 });
    const back = await run(world, 'rollback');
    expect([back.exitCode, back.stderr]).toEqual([
      5,
      expect.stringContaining('Azure is still working on the cluster'),
    ]);
    setState(world, 'Succeeded');
    expect((await goesOn).exitCode).toBe(5);
    expect(podid.count('clusters.put')).toBe(0);
    expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    expect([await isAddonOn(world), await entries(world)]).toEqual([true, ['web']]);
  });

  it('where the add-on was turned off and on without its entries, and gives them back', async () => {
    await using world = await takeoverWorld({ ...stay, identities: 'go' });
    await begun(world, 3);
    await world.podid.run(['disable', ...cluster, '--no-mirror', '--yes']);
    await world.podid.run(['enable', ...cluster]);
    expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    expect(await entries(world)).toEqual(['web']);
    expect(namesOf(world, 'DaemonSet')).toContain('podid-nmi');
  });

  it('where the definitions have gone while the add-on is on', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 3);
    const { kube } = world.podid.emulator;
    for (const { metadata } of kube.list('CustomResourceDefinition')) {
      if (metadata.name.endsWith('.aadpodidentity.k8s.io')) {
        kube.remove('CustomResourceDefinition', '', metadata.name);
      }
    }
    expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    expect(namesOf(world, 'DaemonSet')).toContain('podid-nmi');
    expect(namesOf(world, 'AzureIdentity')).toContain('web');
  });

  it('where its agent was there before, with what it exchanges', async () => {
    await using world = await takeoverWorld(stay);
    const values = [...image, '--set', 'podid.exchange.enabled=true'];
    await world.podid.run(['nmi', 'install', '--alongside', ...values, ...cluster, '--timeout', '40m']);
    await world.podid.run(['exchange', 'enable', ...cluster, ...quick]);
    await begun(world, 3);
    expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    expect(namesOf(world, 'DaemonSet')).toContain('podid-nmi');
    const [row] = JSON.parse(
      (await world.podid.run(['exchange', 'status', ...cluster, '-o', 'json'])).stdout,
    );
    expect(row).toMatchObject({ source: 'exchange' });
  });
});

describe('podid takeover loses nothing', () => {
  it('of what Helm has written, where AKS takes the definitions and it is rolled back', async () => {
    await using world = await takeoverWorld(go);
    objectsOfHelm(world);
    await begun(world, 4);
    await done(world, 'rollback');
    expect(namesOf(world, 'AzureIdentity').toSorted()).toEqual(['mine', 'web']);
    expect(namesOf(world, 'AzureIdentityBinding')).toContain('mine-b');
  });

  it('of the entries that came after it had begun', async () => {
    await using world = await takeoverWorld(go);
    await begun(world, 3);
    const more = ['--namespace', 'demo', '--name', 'second', '--identity-resource-id', identityId('web')];
    expect(await world.podid.run(['add', ...cluster, ...more])).toMatchObject({ exitCode: 0 });
    await done(world, 'apply', '--until', '4');
    await done(world, 'rollback');
    expect((await entries(world)).toSorted()).toEqual(['second', 'web']);
  });

  it('of another cluster, to which -g and -c lead and the kubeconfig does not', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 3);
    const { clusters } = world.podid.emulator.world;
    const [[id, demo]] = [...clusters] as [
      [string, typeof clusters extends Map<string, infer One> ? One : never],
    ];
    const prod = { ...demo, document: JSON.parse(JSON.stringify(demo.document)) };
    Object.assign(prod.document, { id: prod.document.id.replace(/demo$/, 'prod'), name: 'prod' });
    clusters.set(id.replace(/demo$/, 'prod'), prod);
    const kubeconfig = world.podid.emulator.environment['KUBECONFIG'] ?? '';
    for (const word of ['apply', 'rollback', 'status']) {
      const ask = word === 'status' ? ['-o', 'json'] : [...image, ...quick];
      const ran = await world.podid.run([
        ...['takeover', word, '-g', 'demo-rg', '-c', 'prod', '--kubeconfig', kubeconfig],
        ...ask,
      ]);
      expect(ran.exitCode).not.toBe(0);
      expect(ran.stderr).toContain(
        'it is the one of cluster demo in resource group demo-rg, and you named prod',
      );
    }
    expect(prod.document.properties.podIdentityProfile).toMatchObject({ enabled: true });
  });

  it('of a rollback that is under way: apply waits for its end', async () => {
    await using world = await takeoverWorld(stay);
    await begun(world, 4);
    world.podid.emulator.faults.add({
      match: { method: 'PUT', path: 'managedClusters/demo' },
      effect: {
        status: 403,
        body: { error: { code: 'RequestDisallowedByPolicy', message: 'The policy allows none.' } },
      },
    });
    expect((await run(world, 'rollback')).exitCode).not.toBe(0);
    const ahead = await run(world, 'apply');
    expect(ahead.exitCode).not.toBe(0);
    expect(ahead.stderr).toMatch(/A rollback of this takeover is under way[\s\S]*podid takeover rollback/);
    world.podid.emulator.faults.clear();
    expect(await done(world, 'rollback')).toMatchObject({ state: 'rolled-back' });
    expect(await entries(world)).toEqual(['web']);
  });
});
