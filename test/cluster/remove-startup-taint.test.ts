import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ApiConnection, createApiConnection } from '../../src/k8s/client/api-connection.ts';
import { removeNodeTaint } from '../../src/nmi/cluster/remove-node-taint.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { root } from '../architecture/source-files.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const key = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const own = { key, effect: 'NoSchedule' };
const sku = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };
const signal = new AbortController().signal;

describe("the right to remove the own node's startup taint", () => {
  let api: ApiServer;
  let agent: ApiConnection;
  let other: ApiConnection;

  beforeAll(async () => {
    api = await startApiServer('taint');
    apply(api, [
      ...['node-a', 'node-b'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })),
      ...['podid-nmi', 'other'].map((name) => ({
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace: 'kube-system' },
      })),
      ...['podid-nmi', 'other'].map((name) => agentPod(name, 'node-a')),
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'podid-nmi-startup-taint' },
        // Wider than what the agent has, so that it is the policy that refuses.
        rules: [{ apiGroups: [''], resources: ['nodes', 'nodes/status'], verbs: ['get', 'patch', 'delete'] }],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'podid-nmi-startup-taint' },
        roleRef: {
          apiGroup: 'rbac.authorization.k8s.io',
          kind: 'ClusterRole',
          name: 'podid-nmi-startup-taint',
        },
        subjects: ['podid-nmi', 'other'].map((name) => ({
          kind: 'ServiceAccount',
          name,
          namespace: 'kube-system',
        })),
      },
    ]);
    apply(api, policyOfTheChart());
    agent = connectAs(api, 'podid-nmi', 'podid-nmi');
    other = connectAs(api, 'other', 'other');
    // The policy is enforced a moment after it is stored.
    await vi.waitFor(
      async () => {
        taint(api, 'node-b', [own]);
        await expect(removeNodeTaint(agent, { node: 'node-b', key }, signal)).rejects.toThrow(/no other/);
      },
      { timeout: 60_000, interval: 200 },
    );
  });
  afterAll(async () => {
    agent?.close();
    other?.close();
    await api?.stop();
  });

  it('lets the agent of the node do so, and leaves its other taints', async () => {
    taint(api, 'node-a', [sku, own]);
    expect(await removeNodeTaint(agent, { node: 'node-a', key }, signal)).toBe('removed');
    expect(taintsOf(api, 'node-a')).toEqual([sku]);
    expect(await removeNodeTaint(agent, { node: 'node-a', key }, signal)).toBe('absent');
  });

  it('lets it take the only taint there is', async () => {
    taint(api, 'node-a', [own]);
    expect(await removeNodeTaint(agent, { node: 'node-a', key }, signal)).toBe('removed');
    expect(taintsOf(api, 'node-a')).toEqual([]);
  });

  it('is refused by the server for a node that changed since it was read', async () => {
    taint(api, 'node-a', [own]);
    const read = agent.getJson('/api/v1/nodes/node-a', signal);
    const stale = {
      getJson: () => read,
      patchJson: async (...args: Parameters<ApiConnection['patchJson']>) => {
        api.kubectl('label', 'node', 'node-a', `seen=${Date.now()}`, '--overwrite');
        await agent.patchJson(...args);
      },
    };
    await expect(removeNodeTaint(stale, { node: 'node-a', key }, signal)).rejects.toMatchObject({
      status: 422,
    });
    expect(taintsOf(api, 'node-a')).toEqual([own]);
  });

  const spec = (path: string) => [{ op: 'remove', path }] as const;
  const set = (path: string, value: unknown) => [{ op: 'add', path, value }] as never;
  it.each([
    ['another node', 'node-b', spec('/spec/taints/1'), /no other/],
    ['another taint', 'node-a', spec('/spec/taints/0'), /removes the taint/],
    ['another taint beside its own', 'node-a', spec('/spec/taints'), /removes the taint/],
    ['a new taint', 'node-a', set('/spec/taints/-', { ...sku, key: 'new' }), /removes the taint/],
    ['cordoning', 'node-a', [...spec('/spec/taints/1'), ...set('/spec/unschedulable', true)], /spec/],
    [
      'a provider id',
      'node-a',
      [...spec('/spec/taints/1'), ...set('/spec/providerID', 'azure:///x')],
      /spec/,
    ],
    ['a label', 'node-a', [...spec('/spec/taints/1'), ...set('/metadata/labels/x', 'y')], /metadata/],
    [
      'an annotation',
      'node-a',
      [...spec('/spec/taints/1'), ...set('/metadata/annotations', { x: 'y' })],
      /metadata/,
    ],
    [
      'a finalizer',
      'node-a',
      [...spec('/spec/taints/1'), ...set('/metadata/finalizers', ['x/y'])],
      /metadata/,
    ],
    [
      'an owner',
      'node-a',
      [
        ...spec('/spec/taints/1'),
        ...set('/metadata/ownerReferences', [{ apiVersion: 'v1', kind: 'Node', name: 'a', uid: 'b' }]),
      ],
      /metadata/,
    ],
  ])('does not reach to %s', async (_what, node, patch, reason) => {
    taint(api, node, [sku, own]);
    api.kubectl('label', 'node', node, 'pool=a', '--overwrite');
    const before = api.kubectl('get', 'node', node, '-o', 'json');
    await expect(agent.patchJson(`/api/v1/nodes/${node}`, patch, signal)).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(reason),
    });
    expect(api.kubectl('get', 'node', node, '-o', 'json')).toBe(before);
  });

  it('does not reach to the status of the own node', async () => {
    const patch = set('/status/phase', 'Running');
    await expect(agent.patchJson('/api/v1/nodes/node-a/status', patch, signal)).rejects.toMatchObject({
      status: 422,
      message: expect.stringMatching(/neither their status/),
    });
  });

  it('needs a token that is bound to a pod, and so to its node', async () => {
    const unbound = connectAs(api, 'podid-nmi');
    taint(api, 'node-a', [own]);
    await expect(removeNodeTaint(unbound, { node: 'node-a', key }, signal)).rejects.toThrow(/no other/);
    unbound.close();
  });

  it("leaves everyone else's rights on nodes as they are", async () => {
    taint(api, 'node-b', [own]);
    expect(await removeNodeTaint(other, { node: 'node-b', key }, signal)).toBe('removed');
  });
});

/** As it is installed: the policy and its binding, of the render with everything switched on. */
function policyOfTheChart(): readonly object[] {
  const render = readFileSync(join(root, 'test/deploy/golden/everything.yaml'), 'utf8');
  return parseAllDocuments(render)
    .map((document) => document.toJS())
    .filter((object) => object?.kind.startsWith('ValidatingAdmissionPolicy'));
}

function agentPod(name: string, nodeName: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'kube-system' },
    spec: { nodeName, serviceAccountName: name, containers: [{ name: 'serve', image: 'none' }] },
  };
}

function apply(api: ApiServer, objects: readonly object[]): void {
  const list = join(mkdtempSync(join(tmpdir(), 'podid-taint-')), 'objects.json');
  writeFileSync(list, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  api.kubectl('apply', '-f', list);
  rmSync(dirname(list), { recursive: true });
}

/** The token that kubelet would put into the pod; without a pod one that is bound to nothing. */
function connectAs(api: ApiServer, account: string, pod?: string): ApiConnection {
  const bound = pod === undefined ? [] : ['--bound-object-kind=Pod', `--bound-object-name=${pod}`];
  const token = api.kubectl('create', 'token', account, '-n', 'kube-system', ...bound).trim();
  return createApiConnection({
    endpoint: { server: api.url, tls: { rejectUnauthorized: false }, token: async () => token },
    userAgent: 'podid-nmi/test',
    timeoutMs: 10_000,
    clock: systemClock(),
  });
}

function taint(api: ApiServer, node: string, taints: readonly object[]): void {
  api.kubectl('patch', 'node', node, '--type=merge', '-p', JSON.stringify({ spec: { taints } }));
}

function taintsOf(api: ApiServer, node: string): unknown {
  const { spec } = JSON.parse(api.kubectl('get', 'node', node, '-o', 'json')) as {
    spec: { taints?: unknown };
  };
  return spec.taints ?? [];
}
