import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type ApiConnection, createApiConnection } from '../../src/k8s/api-connection.ts';
import { removeNodeTaint } from '../../src/k8s/remove-node-taint.ts';
import { manifestDocuments } from '../../src/validate/manifest-objects.ts';
import { root } from '../architecture/source-files.ts';
import { type ApiServer, startApiServer } from './api-server.ts';

const key = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const own = { key, effect: 'NoSchedule' };
const sku = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };
const signal = new AbortController().signal;
/** What the chart gives the agent, and no more. */
const rights = [
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

describe("the removal of the own node's startup taint, with the rights that the chart gives", () => {
  let api: ApiServer;
  let agent: ApiConnection;

  beforeAll(async () => {
    api = await startApiServer('remove-taint');
    const chart = readFileSync(join(root, 'test/deploy/golden/everything.yaml'), 'utf8');
    create([
      ...manifestDocuments(chart).filter(
        ({ kind, metadata }) => rights.includes(kind) && metadata.annotations?.['helm.sh/hook'] === undefined,
      ),
      ...['node-a', 'node-b'].map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } })),
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'agent', namespace: 'kube-system' },
        spec: {
          nodeName: 'node-a',
          serviceAccountName: 'podid-nmi',
          containers: [{ name: 'serve', image: 'none' }],
        },
      },
    ]);
    agent = connect('--bound-object-kind=Pod', '--bound-object-name=agent');
    taint('node-b', [own]);
    // The policy is enforced a moment after it is stored; until then this is admitted.
    await vi.waitFor(
      async () => {
        taint('node-b', [own]);
        await expect(remove('node-b')).rejects.toMatchObject({ status: 422 });
      },
      { timeout: 60_000, interval: 200 },
    );
  });
  afterAll(async () => {
    agent?.close();
    await api?.stop();
  });

  const create = (items: readonly object[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'podid-taint-'));
    const list = join(folder, 'objects.json');
    writeFileSync(list, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    api.kubectl('apply', '--server-side', '-f', list);
    rmSync(folder, { recursive: true });
  };
  /** With the token that the kubelet would put into the pod; without a pod one that is bound to nothing. */
  const connect = (...bound: readonly string[]) => {
    const token = api.kubectl('create', 'token', 'podid-nmi', '-n', 'kube-system', ...bound).trim();
    return createApiConnection({
      endpoint: { server: api.url, tls: { rejectUnauthorized: false }, token: async () => token },
      userAgent: 'podid-nmi/test',
      timeoutMs: 10_000,
    });
  };
  const remove = (node: string, by: Parameters<typeof removeNodeTaint>[0] = agent) =>
    removeNodeTaint(by, { node, key }, signal);
  const taint = (node: string, taints: readonly object[]) =>
    api.kubectl('patch', 'node', node, '--type=merge', '-p', JSON.stringify({ spec: { taints } }));
  const taintsOf = (node: string) => {
    const { spec } = JSON.parse(api.kubectl('get', 'node', node, '-o', 'json')) as {
      spec: { taints?: unknown };
    };
    return spec.taints ?? [];
  };

  it('takes it, and leaves the other taints', async () => {
    taint('node-a', [sku, own]);
    expect(await remove('node-a')).toBe('removed');
    expect(taintsOf('node-a')).toEqual([sku]);
    expect(await remove('node-a')).toBe('absent');
  });

  it('takes the only taint there is, and both where there are two of its key', async () => {
    taint('node-a', [own]);
    expect(await remove('node-a')).toBe('removed');
    expect(taintsOf('node-a')).toEqual([]);
    taint('node-a', [own, sku, { ...own, effect: 'NoExecute' }]);
    expect(await remove('node-a')).toBe('removed');
    expect(taintsOf('node-a')).toEqual([sku]);
  });

  it('is refused for a node that changed since it was read, and changes nothing', async () => {
    taint('node-a', [own]);
    const read = await agent.getJson('/api/v1/nodes/node-a', signal);
    api.kubectl('label', 'node', 'node-a', 'seen=yes', '--overwrite');
    const late = { getJson: async () => read, patchJson: agent.patchJson };
    await expect(remove('node-a', late)).rejects.toMatchObject({ status: 422 });
    expect(taintsOf('node-a')).toEqual([own]);
  });

  it('is refused for another node', async () => {
    taint('node-b', [own]);
    await expect(remove('node-b')).rejects.toThrow(/the node that it runs on, and no other/);
    expect(taintsOf('node-b')).toEqual([own]);
  });

  it('is refused to a token that is bound to no pod', async () => {
    taint('node-a', [own]);
    const unbound = connect();
    await expect(remove('node-a', unbound)).rejects.toThrow(/the node that it runs on, and no other/);
    unbound.close();
  });
});
