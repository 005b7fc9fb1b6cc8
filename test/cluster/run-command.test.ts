import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Drift } from '../../src/domain/entries/drift.ts';
import type { ObjectChange } from '../../src/domain/kubernetes/cluster-objects.ts';
import { type EmulatedPodid, emulatedPodid } from '../cli-on-emulator/emulated-podid.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { azureHolds, entryOf } from './azure-holds.ts';
import { clusterPrograms } from './cluster-programs.ts';
import { fullProfile } from './full-profile.ts';
import { installDefinitions } from './install-definitions.ts';
import { measured } from './measured.ts';

let api: ApiServer;
let folder: string;
let podid: EmulatedPodid;

/** The emulator runs kubectl in the real cluster; podid itself has no way to it. */
async function privateCluster(seed?: Parameters<typeof emulatedPodid>[0]): Promise<EmulatedPodid> {
  const path = [clusterPrograms().folder, '/usr/bin'].join(delimiter);
  return await emulatedPodid({ ...seed, kubeconfig: api.kubeconfig, path });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-run-command-'));
  api = await startApiServer('run-command');
  api.kubectl('create', 'namespace', 'shop');
  api.kubectl('create', 'namespace', 'demo');
});
afterAll(async () => {
  await api?.stop();
  await rm(folder, { recursive: true, force: true });
});

const web = entryOf('web');
const exception = { name: 'legacy', namespace: 'shop', podLabels: { app: 'legacy' } };
const kinds = ['azureidentities', 'azureidentitybindings', 'azurepodidentityexceptions'];

async function mirrored(line = 'mirror --via run-command'): Promise<readonly string[]> {
  const ran = await podid.run(`${line} -o json`);
  if (ran.stdout === '') {
    throw new Error(ran.stderr);
  }
  const { objects } = JSON.parse(ran.stdout) as { objects: readonly ObjectChange[] };
  return objects.map(({ action, kind, namespace, name }) => `${action} ${kind} ${namespace}/${name}`);
}

function names(kind: string, namespace = 'shop'): string {
  return api.kubectl('get', kind, '-n', namespace, '-o', 'jsonpath={.items[*].metadata.name}');
}

function object(kind: string, name: string) {
  const text = api.kubectl('get', kind, name, '-n', 'shop', '--show-managed-fields', '-o', 'json');
  return JSON.parse(text) as {
    spec: Record<string, unknown>;
    metadata: { labels?: object; managedFields: { manager: string }[] };
  };
}

function applyAs(manager: string, kind: string, name: string, spec: object, labels: object = {}): void {
  const file = join(folder, 'object.json');
  const metadata = { name, namespace: 'shop', labels };
  writeFileSync(file, JSON.stringify({ apiVersion: 'aadpodidentity.k8s.io/v1', kind, metadata, spec }));
  api.kubectl('apply', '--server-side', `--field-manager=${manager}`, '-f', file);
}

describe('podid mirror --via run-command', () => {
  beforeEach(async () => {
    podid = await privateCluster();
    azureHolds(podid, [web], [exception]);
  });
  afterEach(() => podid[Symbol.asyncDispose]());

  it('names the command that brings the definitions where they are missing', async () => {
    const ran = await podid.run('mirror --via run-command');
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain('does not know the four kinds of aadpodidentity.k8s.io');
    expect(ran.stderr).toMatch(/hint: podid nmi install/);
  });
});

describe('podid mirror --via run-command with the definitions', () => {
  beforeAll(() => installDefinitions(api));
  beforeEach(async () => {
    podid = await privateCluster();
    azureHolds(podid, [web], [exception]);
  });
  afterEach(async () => {
    await podid[Symbol.asyncDispose]();
    for (const kind of kinds) {
      api.kubectl('delete', '--raw', `/apis/aadpodidentity.k8s.io/v1/namespaces/shop/${kind}`);
    }
  });

  it('creates, finds the same, changes and prunes in the cluster, with two runs for each that writes', async () => {
    azureHolds(podid, [web, entryOf('old')], [exception]);
    expect(await mirrored()).toEqual([
      'create AzureIdentity shop/web',
      'create AzureIdentityBinding shop/web-binding',
      'create AzureIdentity shop/old',
      'create AzureIdentityBinding shop/old-binding',
      'create AzurePodIdentityException shop/legacy',
    ]);
    expect(podid.count('clusters.runCommand')).toBe(2);
    expect(podid.count('kube')).toBe(0);
    expect((await mirrored()).every((line) => line.startsWith('same '))).toBe(true);
    expect(podid.count('clusters.runCommand')).toBe(3);
    const status = await podid.json('status --drift --via run-command');
    expect(status).toMatchObject({ identities: 2, exceptions: 1, drift: [] });
    expect(podid.count('kube')).toBe(0);
    expect(object('azureidentity', 'web').metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'podid' },
      managedFields: [{ manager: 'podid' }],
    });
    azureHolds(
      podid,
      [{ ...web, bindingSelector: 'frontend' }],
      [{ ...exception, podLabels: { tier: 'db' } }],
    );
    expect(await mirrored('mirror --via run-command --prune')).toEqual([
      'same AzureIdentity shop/web',
      'update AzureIdentityBinding shop/web-binding',
      'update AzurePodIdentityException shop/legacy',
      'delete AzureIdentityBinding shop/old-binding',
      'delete AzureIdentity shop/old',
    ]);
    expect(object('azureidentitybinding', 'web-binding').spec).toEqual({
      azureIdentity: 'web',
      selector: 'frontend',
    });
    expect(object('azurepodidentityexception', 'legacy').spec).toEqual({ podLabels: { tier: 'db' } });
    expect(names('azureidentities')).toBe('web');
  });

  it('leaves foreign objects alone, equal ones too, and takes them over by force alone', async () => {
    const { resourceId, clientId } = web.identity;
    applyAs('gitops', 'AzureIdentity', 'web', { type: 0, resourceID: resourceId, clientID: clientId });
    applyAs('gitops', 'AzureIdentityBinding', 'web-binding', { azureIdentity: 'web', selector: 'theirs' });
    applyAs('gitops', 'AzureIdentity', 'theirs', { type: 0 }, { 'app.kubernetes.io/managed-by': 'podid' });
    const ran = await podid.run('mirror --via run-command --prune');
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toMatch(
      /AzureIdentityBinding shop\/web-binding.* Written by gitops; fields that differ: spec\.selector "theirs" \(wanted "web"\)/,
    );
    expect(object('azureidentity', 'web').metadata.managedFields.map(({ manager }) => manager)).toEqual([
      'gitops',
    ]);
    expect(names('azureidentities')).toBe('theirs web');
    const forced = await podid.run('mirror --via run-command --force');
    expect(forced.exitCode).toBe(0);
    expect(forced.stderr).toContain('Taking over AzureIdentityBinding shop/web-binding.');
    expect(object('azureidentitybinding', 'web-binding').spec).toEqual({
      azureIdentity: 'web',
      selector: 'web',
    });
    expect((await mirrored()).every((line) => line.startsWith('same '))).toBe(true);
  });

  it('creates no namespace: the entry is pending, and the others are written', async () => {
    azureHolds(podid, [{ ...web, namespace: 'nowhere' }, web], []);
    for (const line of ['mirror --via run-command --dry-run', 'mirror --via run-command']) {
      expect(await mirrored(line)).toEqual([
        'pending AzureIdentity nowhere/web',
        'pending AzureIdentityBinding nowhere/web-binding',
        'create AzureIdentity shop/web',
        'create AzureIdentityBinding shop/web-binding',
      ]);
    }
    expect(api.kubectl('get', 'namespaces', '-o', 'name')).not.toContain('nowhere');
    expect(names('azureidentities')).toBe('web');
  });

  it('shows under --dry-run what it would do and what differs, and writes nothing', async () => {
    applyAs('gitops', 'AzurePodIdentityException', 'theirs', { podLabels: { app: 'x' } });
    const ran = await podid.run('mirror --via run-command --dry-run -o json');
    const { objects, drift } = JSON.parse(ran.stdout) as { objects: ObjectChange[]; drift: Drift[] };
    expect(objects.map(({ action }) => action)).toEqual(['create', 'create', 'create']);
    expect(drift.map(({ state, name }) => `${state} ${name}`)).toEqual([
      'missing web',
      'missing legacy',
      'extra theirs',
    ]);
    expect(names('azureidentities')).toBe('');
  });

  it('leaves what changes between reading and writing, and looks again', async () => {
    await mirrored();
    azureHolds(podid, [{ ...web, bindingSelector: 'frontend' }], []);
    const { requests } = podid.emulator;
    const before = requests.length;
    // Whoever gets in between does so while the emulator waits with the second command.
    podid.emulator.faults.add({
      match: { operation: 'clusters.runCommand', nth: 2, times: 1 },
      effect: { delayMs: 3000 },
    });
    const running = podid.run('mirror --via run-command');
    while (requests.slice(before).filter(({ operation }) => operation === 'clusters.runCommand').length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    api.kubectl(
      ...['patch', 'azureidentitybinding', 'web-binding', '-n', 'shop', '--type=merge'],
      ...['--field-manager=anna', '-p', '{"spec":{"selector":"hers"}}'],
    );
    const ran = await running;
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain('spec.selector "hers"');
    expect(object('azureidentitybinding', 'web-binding').spec['selector']).toBe('hers');
  });

  it('serves add too', async () => {
    const id = web.identity.resourceId.replace(/web$/, 'api');
    azureHolds(podid, []);
    const added = await podid.run(
      `add --namespace shop --name api --identity-resource-id ${id} --create-identity --via run-command`,
    );
    expect(added.stderr).not.toContain('warning');
    expect(added.exitCode).toBe(0);
    expect(names('azureidentitybindings')).toBe('api-binding');
  });

  it('reports when Azure may not run commands in the cluster, and what AKS says when it could not', async () => {
    const [cluster] = podid.emulator.world.clusters.values();
    const properties = cluster?.document['properties'] as Record<string, unknown>;
    properties['apiServerAccessProfile'] = { disableRunCommand: true };
    const off = await podid.run('mirror --via run-command');
    expect(off.stderr).toContain('Running commands through Azure is switched off on cluster demo.');
    expect(off.stderr).toContain('--enable-run-command');
    properties['apiServerAccessProfile'] = {};
    const code = 'KubernetesPerformanceError';
    const body = { code, message: 'container command-1 did not start within 30s', subcode: '' };
    podid.emulator.faults.add({
      match: { operation: 'clusters.runCommand', times: 1 },
      effect: { status: 400, body },
    });
    const slow = await podid.run('mirror --via run-command');
    expect(slow.exitCode).toBe(7);
    expect(slow.stderr).toContain('did not start within 30s');
    podid.emulator.faults.add({
      match: { operation: 'clusters.runCommand', times: 1 },
      effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } },
    });
    const forbidden = await podid.run('mirror --via run-command');
    expect(forbidden.exitCode).toBe(6);
    expect(forbidden.stderr).toContain('Microsoft.ContainerService/managedClusters/runCommand/action');
  });
});

describe('a mirror of the most that a profile holds, --via run-command', () => {
  beforeAll(async () => {
    podid = await privateCluster({ seed: fullProfile() });
  });
  afterAll(() => podid[Symbol.asyncDispose]());

  it('gets along with outputs of 512 kB', async () => {
    const start = performance.now();
    expect((await podid.run('mirror --via run-command')).exitCode).toBe(0);
    const seconds = (performance.now() - start) / 1000;
    const runs = podid.count('clusters.runCommand');
    measured('600 objects mirrored through runCommand', `${seconds.toFixed(2)} s and ${runs} runs`);
    expect(names('azureidentities', 'demo').split(' ')).toHaveLength(200);
    expect((await mirrored()).filter((line) => line.startsWith('same '))).toHaveLength(600);
  });
});
