import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { type ApiServer, startApiServer } from './api-server.ts';

const key = 'startup-taint.cluster-autoscaler.kubernetes.io/podid-agent-not-ready';
const ours = [
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
];

describe('the right to take the start-up taint away', () => {
  let api: ApiServer;
  let folder: string;
  let token: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-taint-'));
    api = await startApiServer('taint');
    const golden = readFileSync('test/deploy/golden/everything.yaml', 'utf8');
    const objects = parseAllDocuments(golden)
      .map((document) => document.toJS())
      .filter((object) => ours.includes(object?.kind) && object.metadata.annotations === undefined);
    create(...objects, node('own'), node('other'), agentOn('own'));
    const uid = api.kubectl('get', 'pod', 'agent', '-n', 'kube-system', '--output=jsonpath={.metadata.uid}');
    const bound = ['--bound-object-kind=Pod', '--bound-object-name=agent', `--bound-object-uid=${uid}`];
    token = api.kubectl('create', 'token', 'podid-nmi', '-n', 'kube-system', ...bound).trim();
    // The server takes up a policy within a second or so, and says nowhere that it has.
    const probe = () => refusal('other', 'merge', { metadata: { labels: { probe: 'yes' } } });
    await vi.waitFor(() => expect(probe()).toMatch(/may change/), { timeout: 60_000, interval: 200 });
    await vi.waitFor(
      () => expect(refusal('own', 'merge', { metadata: { labels: { probe: 'yes' } } })).toMatch(/may change/),
      { timeout: 60_000, interval: 200 },
    );
  });
  afterAll(async () => {
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const create = (...objects: readonly object[]) => {
    const path = join(folder, 'objects.json');
    writeFileSync(path, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    api.kubectl('apply', '--server-side', '-f', path);
  };
  const patch = (name: string, type: 'json' | 'merge', body: unknown, bearer = token) =>
    api.kubectl(
      `--token=${bearer}`,
      'patch',
      'node',
      name,
      `--type=${type}`,
      `--patch=${JSON.stringify(body)}`,
    );
  const refusal = (...args: Parameters<typeof patch>) => {
    try {
      patch(...args);
      return '';
    } catch (error) {
      return String(error);
    }
  };
  const taints = (name: string) =>
    JSON.parse(api.kubectl('get', 'node', name, '--output=json')).spec.taints?.map(
      (taint: { key: string }) => taint.key,
    ) ?? [];
  const without = (name: string, gone: string) => [
    { op: 'test', path: `/spec/taints/${taints(name).indexOf(gone)}/key`, value: gone },
    { op: 'remove', path: `/spec/taints/${taints(name).indexOf(gone)}` },
  ];

  it.each([
    ["another node's", () => refusal('other', 'json', without('other', key))],
    ['another taint', () => refusal('own', 'json', without('own', 'maintenance'))],
    [
      'a taint of its own making',
      () => refusal('own', 'merge', { spec: { taints: [{ key: 'mine', effect: 'NoExecute' }] } }),
    ],
    ['every taint', () => refusal('own', 'merge', { spec: { taints: null } })],
    ['a label beside it', () => refusal('own', 'merge', { metadata: { labels: { role: 'control-plane' } } })],
    ['an annotation', () => refusal('own', 'merge', { metadata: { annotations: { a: 'b' } } })],
    ['a finalizer', () => refusal('own', 'merge', { metadata: { finalizers: ['example.net/keep'] } })],
    [
      'an owner',
      () =>
        refusal('own', 'merge', {
          metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid: 'b' }] },
        }),
    ],
    ['the cordon', () => refusal('own', 'merge', { spec: { unschedulable: true } })],
    ['the provider id', () => refusal('own', 'merge', { spec: { providerID: 'azure:///x' } })],
  ])('does not hold for %s', (_what, tried) => {
    expect(tried()).toMatch(/The agent may (change|take away)/);
  });

  it('does not hold for a token that is bound to no node', () => {
    const unbound = api.kubectl('create', 'token', 'podid-nmi', '-n', 'kube-system').trim();
    expect(refusal('own', 'json', without('own', key), unbound)).toMatch(/the node that it runs on/);
  });

  it('holds for that taint of its own node, and once it is gone for nothing more', () => {
    patch('own', 'json', without('own', key));
    expect(taints('own')).not.toContain(key);
    expect(refusal('own', 'json', without('own', 'maintenance'))).toMatch(/The agent may take away/);
  });

  it('leaves everyone else as they were', () => {
    api.kubectl('label', 'node', 'other', 'team=shop');
    api.kubectl('taint', 'node', 'other', `${key}-`);
    expect(taints('other')).not.toContain(key);
  });
});

function node(name: string) {
  const taints = [
    { key: 'maintenance', effect: 'NoSchedule' },
    { key, effect: 'NoSchedule' },
  ];
  return { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: { taints } };
}

function agentOn(nodeName: string) {
  const containers = [{ name: 'serve', image: 'podid/podid' }];
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'agent', namespace: 'kube-system' },
    spec: { serviceAccountName: 'podid-nmi', automountServiceAccountToken: false, nodeName, containers },
  };
}
