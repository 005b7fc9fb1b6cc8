import { writeFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Drift } from '../../src/domain/entries/drift.ts';
import type { PodIdentity } from '../../src/domain/entries/pod-identity.ts';
import type { MirrorRequest, ObjectChange } from '../../src/domain/kubernetes/cluster-objects.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { connectCluster } from '../../src/k8s/connect-cluster.ts';
import { type EmulatedPodid, emulatedPodid } from '../cli-on-emulator/emulated-podid.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { azureHolds, entryOf } from './azure-holds.ts';
import { fullProfile } from './full-profile.ts';
import { installDefinitions } from './install-definitions.ts';
import { measured } from './measured.ts';

let api: ApiServer;
let folder: string;
let podid: EmulatedPodid;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-mirror-'));
  api = await startApiServer('mirror');
  api.kubectl('create', 'namespace', 'shop');
});
afterAll(async () => {
  await api?.stop();
  await rm(folder, { recursive: true, force: true });
});

const kinds = 'azureidentities,azureidentitybindings,azurepodidentityexceptions';
const entry = entryOf('web');
const web = entry.identity;
const exception = { name: 'legacy', namespace: 'shop', podLabels: { app: 'legacy' } };

function run(line: string, kubeconfig = api.kubeconfig) {
  return podid.run(line, { KUBECONFIG: kubeconfig });
}

async function mirrored(line = 'mirror', kubeconfig = api.kubeconfig): Promise<readonly string[]> {
  const ran = await run(`${line} -o json`, kubeconfig);
  const { objects } = JSON.parse(ran.stdout) as { objects: readonly ObjectChange[] };
  return objects.map(({ action, kind, namespace, name }) => `${action} ${kind} ${namespace}/${name}`);
}

function managers(kind: string, name: string): readonly string[] {
  const text = api.kubectl('get', kind, name, '-n', 'shop', '--show-managed-fields', '-o', 'json');
  const { metadata } = JSON.parse(text) as { metadata: { managedFields: { manager: string }[] } };
  return metadata.managedFields.map(({ manager }) => manager);
}

function applyAs(manager: string, object: object): void {
  const file = join(folder, 'object.json');
  writeFileSync(file, JSON.stringify(object));
  api.kubectl('apply', '--server-side', `--field-manager=${manager}`, '-f', file);
}

/** kubectl itself would take a second for fifty objects. */
function deleteAll(namespace: string): void {
  for (const kind of kinds.split(',')) {
    api.kubectl('delete', '--raw', `/apis/aadpodidentity.k8s.io/v1/namespaces/${namespace}/${kind}`);
  }
}

/** A service account that may do nothing, by a kubeconfig of its own. */
async function nobody(name: string): Promise<string> {
  api.kubectl('create', 'serviceaccount', name, '-n', 'default');
  const token = api.kubectl('create', 'token', name, '-n', 'default').trim();
  const config = JSON.parse(api.kubectl('config', 'view', '--raw', '-o', 'json')) as { users: object[] };
  const path = join(folder, `${name}.kubeconfig`);
  await writeFile(path, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }));
  return path;
}

describe('podid mirror on a real API server', () => {
  beforeEach(async () => {
    podid = await emulatedPodid();
    azureHolds(podid, [entry], [exception]);
  });
  afterEach(async () => {
    await podid[Symbol.asyncDispose]();
  });

  it('names the command that brings the definitions where they are missing', async () => {
    const ran = await run('mirror');
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toMatch(/does not know the resource azure\w+\.aadpodidentity\.k8s\.io/);
    expect(ran.stderr).toMatch(/hint: podid nmi install /);
  });
});

describe('podid mirror on a real API server with the definitions', () => {
  beforeAll(() => installDefinitions(api));
  beforeEach(async () => {
    podid = await emulatedPodid();
    azureHolds(podid, [entry], [exception]);
  });
  afterEach(async () => {
    await podid[Symbol.asyncDispose]();
    deleteAll('shop');
  });

  it('creates the objects, then finds them the same, and changes nothing more', async () => {
    expect(await mirrored()).toEqual([
      'create AzureIdentity shop/web',
      'create AzureIdentityBinding shop/web-binding',
      'create AzurePodIdentityException shop/legacy',
    ]);
    const before = api.kubectl('get', kinds, '-A', '-o', 'jsonpath={.items[*].metadata.resourceVersion}');
    expect((await mirrored()).map((line) => line.split(' ')[0])).toEqual(['same', 'same', 'same']);
    expect(api.kubectl('get', kinds, '-A', '-o', 'jsonpath={.items[*].metadata.resourceVersion}')).toBe(
      before,
    );
    expect(managers('azureidentity', 'web')).toEqual(['podid']);
  });

  it('changes what it wrote by apply, as its only manager, and takes a label away that is no longer wanted', async () => {
    azureHolds(podid, [entry], [{ ...exception, podLabels: { app: 'legacy', tier: 'db' } }]);
    await mirrored();
    azureHolds(podid, [{ ...entry, bindingSelector: 'frontend' }], [exception]);
    expect(await mirrored()).toEqual([
      'same AzureIdentity shop/web',
      'update AzureIdentityBinding shop/web-binding',
      'update AzurePodIdentityException shop/legacy',
    ]);
    const spec = (kind: string, name: string) =>
      JSON.parse(api.kubectl('get', kind, name, '-n', 'shop', '-o', 'jsonpath={.spec}'));
    expect(spec('azureidentitybinding', 'web-binding')).toEqual({
      azureIdentity: 'web',
      selector: 'frontend',
    });
    expect(spec('azurepodidentityexception', 'legacy')).toEqual({ podLabels: { app: 'legacy' } });
    expect(managers('azurepodidentityexception', 'legacy')).toEqual(['podid']);
  });

  it('never creates a namespace: the entry is pending until it is there', async () => {
    azureHolds(podid, [{ ...entry, namespace: 'nowhere' }, entry]);
    const ran = await run('mirror');
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain('hint: kubectl create namespace nowhere');
    expect(api.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('nowhere');
    expect(managers('azureidentity', 'web')).toEqual(['podid']);
  });

  it('does not become co-owner of a foreign object, not even of one with equal values', async () => {
    const spec = { type: 0, resourceID: web.resourceId, clientID: web.clientId };
    const metadata = { name: 'web', namespace: 'shop' };
    applyAs('gitops', { apiVersion: 'aadpodidentity.k8s.io/v1', kind: 'AzureIdentity', metadata, spec });
    expect(await mirrored()).toContain('same AzureIdentity shop/web');
    expect(managers('azureidentity', 'web')).toEqual(['gitops']);
    applyAs('gitops', {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata,
      spec: { ...spec, clientID: 'other' },
    });
    expect(await mirrored()).toContain('foreign AzureIdentity shop/web');
    expect(managers('azureidentity', 'web')).toEqual(['gitops']);
  });

  it('reports a field that someone else changed: whose it is, what it holds, what is wanted, and the way', async () => {
    await mirrored();
    api.kubectl(
      ...['patch', 'azureidentitybinding', 'web-binding', '-n', 'shop', '--type=merge'],
      ...['--field-manager=anna', '-p', '{"spec":{"selector":"hers"}}'],
    );
    const ran = await run('mirror');
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain(
      'AzureIdentityBinding shop/web-binding is not podid\'s, and stays as it is. Written by anna; fields that differ: spec.selector "hers" (wanted "web")',
    );
    expect(ran.stderr).toContain('podid mirror --force');
  });

  it('takes over by force, after it has shown what', async () => {
    applyAs('gitops', {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { type: 0, resourceID: web.resourceId, clientID: 'other', tenantID: 'theirs' },
    });
    const ran = await run('mirror --force');
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain(
      `Taking over AzureIdentity shop/web. Written by gitops; fields that differ: spec.clientID "other" (wanted "${web.clientId}")`,
    );
    const spec = JSON.parse(
      api.kubectl('get', 'azureidentity', 'web', '-n', 'shop', '-o', 'jsonpath={.spec}'),
    );
    expect(spec).toEqual({ type: 0, resourceID: web.resourceId, clientID: web.clientId });
    expect((await mirrored()).every((line) => line.startsWith('same'))).toBe(true);
  });

  it("prunes podid's own and nothing of anybody else", async () => {
    azureHolds(podid, [entry, { ...entry, name: 'old', bindingSelector: 'old' }]);
    await mirrored();
    applyAs('gitops', {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureIdentity',
      metadata: { name: 'theirs', namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'podid' } },
      spec: { type: 0 },
    });
    azureHolds(podid, [entry]);
    expect((await mirrored('mirror --prune')).filter((line) => !line.startsWith('same'))).toEqual([
      'delete AzureIdentityBinding shop/old-binding',
      'delete AzureIdentity shop/old',
    ]);
    expect(api.kubectl('get', 'azureidentities', '-n', 'shop', '-o', 'name').trim().split('\n')).toEqual([
      'azureidentity.aadpodidentity.k8s.io/theirs',
      'azureidentity.aadpodidentity.k8s.io/web',
    ]);
  });

  it('shows in both directions what differs between Azure and the cluster, and writes nothing', async () => {
    azureHolds(podid, [{ ...entry, bindingSelector: 'old' }]);
    await mirrored();
    azureHolds(podid, [entry, { ...entry, name: 'api', namespace: 'nowhere' }], [exception]);
    applyAs('gitops', {
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzurePodIdentityException',
      metadata: { name: 'theirs', namespace: 'shop' },
      spec: { podLabels: { app: 'theirs' } },
    });
    for (const line of ['status --drift', 'mirror --dry-run']) {
      const { drift } = JSON.parse((await run(`${line} -o json`)).stdout) as { drift: readonly Drift[] };
      expect(drift.map(({ state, kind, name, writer }) => `${state} ${kind} ${name} ${writer}`)).toEqual([
        'differs identity web null',
        'pending identity api null',
        'missing exception legacy null',
        'extra exception theirs gitops',
      ]);
      expect(drift[0]?.fields).toEqual([{ field: 'bindingSelector', arm: 'web', cluster: 'old' }]);
      const { stdout } = await run(`${line} -o table`);
      expect(stdout).toMatch(/theirs.*in the cluster, not in Azure, written by gitops/);
    }
    expect((await run('mirror --dry-run -o json')).exitCode).toBe(0);
    expect(api.kubectl('get', 'azurepodidentityexceptions', '-n', 'shop', '-o', 'name')).not.toContain(
      'legacy',
    );
  });

  it('names the missing right so that its own command gives it', async () => {
    const kubeconfig = await nobody('ci');
    const refused = await run('mirror', kubeconfig);
    expect(refused.exitCode).toBe(6);
    expect(refused.stderr).toContain(
      'MissingRule: - {apiGroups: [aadpodidentity.k8s.io], resources: [azureidentities, azureidentitybindings, azurepodidentityexceptions], verbs: [get, list, create, update, patch, delete]}',
    );
    const grant = /^hint: .*?(kubectl create role.*)$/m.exec(refused.stderr)?.[1] ?? '';
    expect(grant).toContain('-n shop');
    for (const command of grant.split(' && ')) {
      api.kubectl(...command.split(' ').slice(1));
    }
    expect((await run('mirror', kubeconfig)).exitCode).toBe(0);
    // What a role in one namespace does not give is said, and is no failure of the dry run.
    const dry = await run('mirror --dry-run -o json', kubeconfig);
    expect(dry.exitCode).toBe(0);
    expect(dry.stderr).toContain('kubectl create clusterrole podid-mirror');
  });
});

describe('a mirror of 200 identities and 200 exceptions', () => {
  const request = (identities: readonly PodIdentity[]): MirrorRequest => {
    return {
      identities,
      exceptions: [],
      goneIdentities: [],
      goneExceptions: [],
      prune: false,
      force: false,
      dryRun: false,
    };
  };
  beforeAll(async () => {
    podid = await emulatedPodid({ seed: fullProfile() });
    api.kubectl('create', 'namespace', 'demo');
  });
  afterAll(() => podid[Symbol.asyncDispose]());

  it('goes on where an interrupted one stopped, and leaves no binding without its identity', async () => {
    const stop = new AbortController();
    const reason = new PodidError('Interrupted', 'Interrupted.');
    const cluster = await connectCluster({
      kubeconfigPath: api.kubeconfig,
      fetchUserKubeconfig: () => Promise.reject(new Error('not asked')),
      fetchApiServerHosts: () => Promise.reject(new Error('not asked')),
      warn: () => undefined,
      environment: {},
      timeoutMs: 60_000,
      clock: { now: Date.now, monotonic: () => 0, random: Math.random, sleep: async () => undefined },
      signal: stop.signal,
    });
    const identities: readonly PodIdentity[] = await podid.json('list');
    const mirroring = cluster.mirror(request(identities), stop.signal, (done) => {
      if (done === 50) {
        stop.abort(reason);
      }
    });
    await expect(mirroring).rejects.toBe(reason);
    const names = (kind: string) =>
      api.kubectl('get', kind, '-n', 'demo', '-o', 'jsonpath={.items[*].metadata.name}').split(' ');
    const written = names('azureidentities');
    expect(written.length).toBeGreaterThanOrEqual(50);
    expect(written.length).toBeLessThan(200);
    const bound = names('azureidentitybindings').map((name) => name.replace(/-binding$/, ''));
    expect(bound.filter((name) => !written.includes(name))).toEqual([]);
    expect((await run('mirror')).exitCode).toBe(0);
    expect(names('azureidentities')).toHaveLength(200);
  });

  it('is done in seconds', async () => {
    deleteAll('demo');
    const start = performance.now();
    const ran = await run('mirror -o json');
    const seconds = (performance.now() - start) / 1000;
    expect(ran.stderr.replaceAll(/^warning:.*\n|^hint:.*\n/gm, '')).toBe(
      'Mirroring 200 identities and 200 exceptions\n',
    );
    expect(ran.exitCode).toBe(0);
    const { objects } = JSON.parse(ran.stdout) as { objects: readonly ObjectChange[] };
    expect(objects.filter(({ action }) => action === 'create')).toHaveLength(600);
    measured('600 objects mirrored', `${seconds.toFixed(2)} s`);
    const again = performance.now();
    expect((await run('mirror')).exitCode).toBe(0);
    measured('600 objects found the same', `${((performance.now() - again) / 1000).toFixed(2)} s`);
  });
});
