import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { nodeName } from '../../src/emulator/scenarios/nodes.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import {
  azureIdentity,
  binding,
  carriedBy,
  count,
  pod,
  type SeenAssignment,
} from '../mic-on-emulator/mic-world.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installDefinitions } from './install-definitions.ts';
import { until } from './until.ts';

interface Mic {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  errors(): string;
}

/** What podid-mic may do, and nothing else: docs/mic.md has the same list. */
const rights = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'podid-mic' },
    rules: [
      { apiGroups: [''], resources: ['pods', 'nodes'], verbs: ['list', 'watch'] },
      {
        apiGroups: ['aadpodidentity.k8s.io'],
        resources: ['azureidentities', 'azureidentitybindings'],
        verbs: ['list', 'watch'],
      },
      {
        apiGroups: ['aadpodidentity.k8s.io'],
        resources: ['azureassignedidentities'],
        verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
      },
      { apiGroups: [''], resources: ['events'], verbs: ['get', 'create', 'patch'] },
      {
        apiGroups: [''],
        resources: ['endpoints'],
        resourceNames: ['aad-pod-identity-mic'],
        verbs: ['get'],
      },
    ],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: 'podid-mic', namespace: 'kube-system' },
    rules: [
      {
        apiGroups: ['coordination.k8s.io'],
        resources: ['leases'],
        resourceNames: ['podid-mic'],
        verbs: ['get', 'update'],
      },
      {
        apiGroups: [''],
        resources: ['configmaps'],
        resourceNames: ['podid-mic-ledger'],
        verbs: ['get', 'update'],
      },
      { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
      { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    ],
  },
];

const subject = { kind: 'ServiceAccount', name: 'podid-mic', namespace: 'ids' };
const bound = rights.map(({ kind, metadata }) => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: `${kind}Binding`,
  metadata,
  subjects: [subject],
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: metadata.name },
}));

/** ARM is the emulator's, the cluster's API a real one: its admission, its rights, its preconditions. */
describe('podid-mic on a real API server', () => {
  let api: ApiServer;
  let emulator: Emulator;
  let kubeconfig = '';
  const folder = mkdtempSync(join(tmpdir(), 'podid-mic-'));
  const started: Mic[] = [];

  const apply = (...objects: readonly object[]) => {
    const path = join(folder, `${Math.random()}.json`);
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('apply', '--server-side', '-f', path);
  };

  beforeAll(async () => {
    [api, emulator] = await Promise.all([
      startApiServer('mic', ['--disable-admission-plugins=ServiceAccount']),
      startEmulator({ scenario: 'node-pools' }),
    ]);
    installDefinitions(api);
    for (const name of ['demo', 'ids']) {
      api.kubectl('create', 'namespace', name);
    }
    api.kubectl('create', 'serviceaccount', '-n', 'ids', 'podid-mic');
    apply(...rights, ...bound, ...[0, 1].map(nodeObject), azureIdentity('web'), binding('web', 'web'));
    const token = api.kubectl('create', 'token', '-n', 'ids', 'podid-mic', '--duration=1h').trim();
    kubeconfig = join(folder, 'mic.kubeconfig');
    writeFileSync(kubeconfig, kubeconfigOf(api.url, token), { mode: 0o600 });
  });

  afterEach(async () => {
    for (const { child, ended } of started.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });

  afterAll(async () => {
    await Promise.all([api?.stop(), emulator?.stop()]);
    rmSync(folder, { recursive: true });
  });

  const start = (...flags: readonly string[]): Mic => {
    const ports = ['--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'];
    const argv = ['bin/podid-mic.js', ...flags, ...ports, '--metrics-address=127.0.0.1'];
    const { PODID_ARM_ENDPOINT, PODID_ARM_TOKEN } = emulator.environment;
    const env = { PATH: process.env['PATH'], PODID_ARM_ENDPOINT, PODID_ARM_TOKEN, KUBECONFIG: kubeconfig };
    const child = spawn(process.execPath, argv, { env: { ...env, MIC_POD_NAMESPACE: 'ids' } });
    let errors = '';
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    const mic = { child, ended: once(child, 'close'), errors: () => errors };
    started.push(mic);
    return mic;
  };

  const assignments = (): SeenAssignment[] =>
    JSON.parse(api.kubectl('get', 'azureassignedidentities', '-A', '-o', 'json')).items;
  const ledger = () =>
    api
      .kubectl('get', 'configmap', '-n', 'kube-system', 'podid-mic-ledger', '-o', 'jsonpath={.data}')
      .toLowerCase();
  const addPod = (name: string, node: number) => {
    const { status: _status, ...object } = pod(name, 'web', node);
    apply({ ...object, spec: { ...object.spec, containers: [{ name: 'c', image: 'i' }] } });
  };
  const removePod = (name: string) =>
    api.kubectl('delete', 'pod', '-n', 'demo', name, '--grace-period=0', '--force');
  const stateOf = (name: string) =>
    assignments().find(({ metadata }) => metadata.name === name)?.status?.status;

  it('needs no more rights than docs/mic.md lists, and does the whole of its work with them', async () => {
    addPod('shop-1', 0);
    const mic = start('--removal-delay=1s');
    await until(() => stateOf('shop-1-demo-web') === 'Assigned');
    expect(carriedBy(emulator)).toContain('web');
    await until(() => api.kubectl('get', 'events', '-n', 'demo', '-o', 'name').split('\n').length > 2);
    const events = JSON.parse(api.kubectl('get', 'events', '-n', 'demo', '-o', 'json')).items as {
      readonly involvedObject: { readonly kind: string; readonly apiVersion: string };
      readonly reason: string;
    }[];
    expect(events.map(({ involvedObject: { kind }, reason }) => `${kind} ${reason}`).sort()).toEqual([
      'AzureIdentityBinding IdentityAssigned',
      'Pod IdentityAssigned',
    ]);
    removePod('shop-1');
    await until(() => assignments().length === 0 && !carriedBy(emulator).includes('web'));
    // A removal that is not written down as done counts as under way for the next leader.
    await until(() => !ledger().includes('/userassignedidentities/web'));
    mic.child.kill('SIGTERM');
    await mic.ended;
    const lease = JSON.parse(api.kubectl('get', 'lease', '-n', 'kube-system', 'podid-mic', '-o', 'json'));
    expect(lease.spec.holderIdentity ?? '').toBe('');
    expect(mic.errors()).not.toMatch(/answered 40[13]/);
  });

  it("adopts upstream's objects without their finalizer, and sends Azure nothing for them", async () => {
    addPod('shop-2', 1);
    emulator.seed({ machines: [] });
    const [web] = [azureIdentity('web')];
    apply({
      apiVersion: 'aadpodidentity.k8s.io/v1',
      kind: 'AzureAssignedIdentity',
      metadata: {
        name: 'shop-2-demo-web',
        namespace: 'demo',
        labels: { nodename: nodeName(1) },
        finalizers: ['azureassignedidentity.finalizers.aadpodidentity.k8s.io'],
      },
      spec: {
        azureIdentityRef: {
          ...web,
          spec: { clientID: web?.spec.clientID, resourceID: web?.spec.resourceID, clientPassword: {} },
        },
        azureBindingRef: binding('web', 'web'),
        nodename: nodeName(1),
        pod: 'shop-2',
        podNamespace: 'demo',
      },
      status: { status: 'Assigned', availableReplicas: 1 },
    });
    const machine = emulator.world.machines.get(scaleSetId('nodepool1').toLowerCase()) as {
      identity: { type: string; userAssignedIdentities: Record<string, object> };
    };
    machine.identity.userAssignedIdentities[web?.spec.resourceID ?? ''] = {};
    const patches = count(emulator, 'machines.patch');
    start('--removal-delay=1s');
    const adopted = () => assignments().find(({ metadata }) => metadata.name === 'shop-2-demo-web');
    await until(() => adopted()?.metadata.finalizers === undefined);
    expect(adopted()?.status?.status).toBe('Assigned');
    expect(adopted()?.metadata.annotations?.['podid.io/pod-uid']).toMatch(/-/);
    removePod('shop-2');
    await until(() => assignments().length === 0);
    // Somebody else had put it there.
    expect(carriedBy(emulator)).toContain('web');
    expect(count(emulator, 'machines.patch')).toBe(patches);
    delete machine.identity.userAssignedIdentities[web?.spec.resourceID ?? ''];
  });

  it("stands by while upstream's MIC holds its lock", async () => {
    const holdLock = () => {
      const renewTime = new Date().toISOString();
      const record = {
        holderIdentity: 'mic-0',
        leaseDurationSeconds: 2,
        acquireTime: renewTime,
        renewTime,
        leaderTransitions: 0,
      };
      apply({
        apiVersion: 'v1',
        kind: 'Endpoints',
        metadata: {
          name: 'aad-pod-identity-mic',
          namespace: 'default',
          annotations: { 'control-plane.alpha.kubernetes.io/leader': JSON.stringify(record) },
        },
      });
    };
    // Of the one that was killed.
    api.kubectl('delete', 'lease', '-n', 'kube-system', 'podid-mic');
    holdLock();
    const mic = start();
    await until(() => mic.errors().includes('"listening"'));
    const probes = /"what":"probes"[^\n]*"port":(\d+)/.exec(mic.errors())?.[1];
    const ready = async () => (await fetch(`http://127.0.0.1:${probes}/readyz`)).text();
    let said = '';
    for (let each = 0; each < 60 && !said.includes('mic-0'); each += 1) {
      holdLock();
      said = await ready();
    }
    expect(said).toContain(
      "Standing by; aad-pod-identity's MIC mic-0 (endpoints default/aad-pod-identity-mic) leads.",
    );
    expect(mic.errors()).not.toContain('"msg":"leading"');
    await until(() => mic.errors().includes('"msg":"leading"'));
  });
});

function nodeObject(number: number) {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName(number) },
    spec: { providerID: `azure://${scaleSetId('nodepool1')}/virtualMachines/${number}` },
  };
}

function kubeconfigOf(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'mic', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'mic' } }],
    'current-context': 'test',
  });
}
