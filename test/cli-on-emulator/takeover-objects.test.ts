import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import { seedTenant, worldAt } from './takeover-tenant.ts';
import {
  cluster,
  dataOf,
  done,
  go,
  image,
  planFile,
  run,
  stay,
  type TakeoverWorld,
  takeoverWorld,
} from './takeover-world.ts';

/** Labels and annotations beside those that it has. */
function mark(
  { podid }: TakeoverWorld,
  kind: string,
  name: string,
  {
    labels = {},
    annotations = {},
  }: { labels?: Record<string, string>; annotations?: Record<string, string> },
): void {
  const { kube } = podid.emulator;
  const found = kube.get(kind, 'demo', name) as KubeObject;
  const { metadata } = found;
  kube.seed({
    ...found,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...labels },
      annotations: { ...metadata.annotations, ...annotations },
    },
  });
}

describe('what podid takeover apply holds', () => {
  it('holds no view that has lost its objects, with their definitions back and empty', async () => {
    await using world = await worldAt(3, go);
    const { kube } = world.podid.emulator;
    const saved = dataOf(world)['objects'];
    const definitions = kube
      .list('CustomResourceDefinition')
      .filter(({ metadata }) => metadata.name.endsWith('.aadpodidentity.k8s.io'));
    for (const { metadata } of definitions) {
      kube.remove('CustomResourceDefinition', '', metadata.name);
    }
    for (const definition of definitions) {
      kube.seed(definition);
    }
    // So much that it is not taken for a cluster without any.
    seedTenant(world);
    const puts = world.podid.count('clusters.put');
    const ran = await run(world, 'apply');
    expect([ran.exitCode, ran.stderr]).toEqual([5, expect.stringMatching(/ObjectsMissing.*demo\/web/)]);
    expect(ran.stderr).toContain('podid mirror');
    expect(dataOf(world)['objects']).toBe(saved);
    expect(world.podid.count('clusters.put')).toBe(puts);
  }, 240_000);

  it("names what is missing of what was saved, also where it is not the add-on's", async () => {
    await using world = await worldAt(3, stay);
    const saved = dataOf(world)['objects'];
    world.podid.emulator.kube.remove('AzureIdentityBinding', 'demo', 'tenant-binding');
    const puts = world.podid.count('clusters.put');
    const ran = await run(world, 'apply');
    expect([ran.exitCode, ran.stderr]).toEqual([
      5,
      expect.stringContaining('AzureIdentityBinding demo/tenant-binding'),
    ]);
    expect(ran.stderr).toContain('podid takeover rollback');
    expect(dataOf(world)['objects']).toBe(saved);
    expect(world.podid.count('clusters.put')).toBe(puts);
  }, 240_000);

  it('goes on hours after the add-on was turned off, by a new hold', async () => {
    await using world = await worldAt(4, go);
    const { kube } = world.podid.emulator;
    const stored = kube.get('ConfigMap', 'kube-system', 'podid-takeover');
    const hold = JSON.parse(dataOf(world)['hold'] ?? '') as object;
    const at = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();
    kube.seed({
      ...stored,
      data: { ...dataOf(world), hold: JSON.stringify({ ...hold, from: at(3), until: at(1) }) },
    } as Parameters<typeof kube.seed>[0]);
    await done(world, 'apply', '--until', '5');
    const { until } = JSON.parse(dataOf(world)['hold'] ?? '') as { readonly until: string };
    expect(Date.parse(until)).toBeGreaterThan(Date.now() + 3_600_000);
    await done(world, 'apply');
    expect(JSON.parse(dataOf(world)['record'] ?? '')).toMatchObject({ step: 8, state: 'done' });
  }, 240_000);
});

describe('what podid takeover apply brings back', () => {
  it.each([4, 5])(
    'leaves a binding gone that somebody revoked after step %i, while its kind stayed',
    async (step) => {
      // After step 5 the kind is another one, and what is revoked then is not taken for what went with the first.
      await using world = await worldAt(step, step === 4 ? stay : go);
      const { kube } = world.podid.emulator;
      expect(kube.get('AzureIdentityBinding', 'demo', 'tenant-binding')).toBeDefined();
      kube.remove('AzureIdentityBinding', 'demo', 'tenant-binding');
      const { stderr } = await done(world, 'apply');
      expect(stderr).toMatch(/Not brought back.*AzureIdentityBinding demo\/tenant-binding/);
      expect(kube.get('AzureIdentityBinding', 'demo', 'tenant-binding')).toBeUndefined();
      expect(kube.get('AzureIdentityBinding', 'demo', 'web-binding')).toBeDefined();
      expect(dataOf(world)['objects']).not.toContain('tenant-binding');
    },
    240_000,
  );

  it('writes what AKS took of its own entries, and left the kinds', async () => {
    await using world = await worldAt(4, stay);
    const { kube } = world.podid.emulator;
    const ofAks = kube
      .list('AzureIdentityBinding')
      .filter(({ spec }) => (spec as { readonly azureIdentity?: string }).azureIdentity === 'web');
    expect(ofAks).toHaveLength(1);
    for (const { metadata } of ofAks) {
      kube.remove('AzureIdentityBinding', 'demo', metadata.name);
    }
    kube.remove('AzureIdentity', 'demo', 'web');
    await done(world, 'apply');
    expect(kube.get('AzureIdentity', 'demo', 'web')).toBeDefined();
    expect(kube.list('AzureIdentityBinding').map(({ metadata }) => metadata.name)).toEqual(
      expect.arrayContaining(ofAks.map(({ metadata }) => metadata.name)),
    );
  });

  it('writes what went with its kind, whoever had written it, so that Helm knows its own again', async () => {
    const release = { 'meta.helm.sh/release-name': 'tenant', 'meta.helm.sh/release-namespace': 'demo' };
    await using world = await worldAt(3, go, (before) => {
      seedTenant(before);
      mark(before, 'AzureIdentityBinding', 'tenant-binding', { annotations: release });
      mark(before, 'AzureIdentity', 'web', { labels: { team: 'web' }, annotations: { note: 'by hand' } });
    });
    const { kube } = world.podid.emulator;
    await done(world, 'apply');
    expect(kube.get('AzureIdentityBinding', 'demo', 'tenant-binding')).toMatchObject({
      metadata: {
        labels: { 'app.kubernetes.io/managed-by': 'Helm', team: 'tenant' },
        annotations: release,
      },
      spec: { selector: 'tenant' },
    });
    const { labels, annotations } = kube.get('AzureIdentity', 'demo', 'web')?.metadata ?? {};
    expect(labels).toEqual({ 'app.kubernetes.io/managed-by': 'podid', team: 'web' });
    expect(annotations).toMatchObject({ note: 'by hand', 'podid.io/token-source': 'exchange' });
  }, 240_000);

  it('goes on beside what tenants write meanwhile, and leaves it as it is', async () => {
    await using world = await worldAt(4, stay, () => undefined);
    seedTenant(world);
    const { kube } = world.podid.emulator;
    const before = kube.get('AzureIdentity', 'demo', 'tenant');
    const { stderr } = await done(world, 'apply');
    expect(stderr).toContain('not saved when the takeover was begun: AzureIdentity demo/tenant');
    expect(kube.get('AzureIdentity', 'demo', 'tenant')).toEqual(before);
  }, 240_000);

  it("touches nothing that is there and not the add-on's, changed or not", async () => {
    await using world = await worldAt(4, stay);
    const { kube } = world.podid.emulator;
    const before = kube.get('AzureIdentity', 'demo', 'tenant');
    expect(before?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'Helm' });
    seedTenant(world, 'another');
    const { stderr } = await done(world, 'apply');
    expect(stderr).toMatch(/has changed it since: .*AzureIdentityBinding demo\/tenant-binding/);
    expect(kube.get('AzureIdentity', 'demo', 'tenant')?.metadata.labels).toEqual(before?.metadata.labels);
    expect(kube.get('AzureIdentityBinding', 'demo', 'tenant-binding')).toMatchObject({
      metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } },
      spec: { selector: 'another' },
    });
  }, 240_000);
});

describe('what podid takeover apply asks', () => {
  it.each([
    ['says that step 2 turns on the OIDC issuer', [], true],
    ['says nothing of the issuer with --no-exchange', ['--no-exchange'], false],
    ['says nothing of the issuer where it ends before', ['--until', '1'], false],
  ])(
    '%s, and changes nothing without an answer',
    async (_, more, isSaid) => {
      await using world = await takeoverWorld(stay);
      const [first] = world.podid.emulator.world.clusters.values();
      const properties = first?.document['properties'] as Record<string, unknown>;
      properties['oidcIssuerProfile'] = { enabled: false };
      const file = await planFile(world);
      const ran = await world.podid.run(['takeover', 'apply', ...cluster, ...image, '-f', file, ...more]);
      expect(ran.exitCode).toBe(2);
      expect(ran.stderr).toContain('Take cluster demo');
      expect(ran.stderr.includes('turns on the OIDC issuer of cluster demo')).toBe(isSaid);
      expect(world.podid.emulator.kube.get('ConfigMap', 'kube-system', 'podid-takeover')).toBeUndefined();
    },
    60_000,
  );
});
