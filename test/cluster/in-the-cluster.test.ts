import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as passing } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { programsIn } from '../node/bundled-programs.ts';
import { drill, expectOwnOrNothing } from './cluster-drill.ts';
import { azureIdentity, binding, exception, namespaceObject } from './identity-objects.ts';
import { measured } from './measured.ts';
import { identities, systemAssigned } from './node-identities.ts';
import { eventually, type OneNode, startOneNode, tellState } from './one-node.ts';
import { newsOf } from './pod-logs.ts';
import { demoPod, podObject } from './pods.ts';
import { rulesOf } from './rules-of.ts';
import { upstreamObjects } from './upstream-objects.ts';
import { watchEnds } from './watch-ends.ts';

const checkout = join(import.meta.dirname, '../..');
const tokenPath =
  'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net';
/** Written for upstream's chart. */
const upstreamValues = join(checkout, 'test/deploy/values/upstream-retail.yaml');
const ownImage = ['--set=podid.image.repository=docker.io/podid/podid', '--set=podid.image.tag=test'];
const upstreamImage = 'docker.io/upstream/nmi:v1.8.17';
const drillPods = { namespace: 'shop', selector: 'drill' };
const theOnlyPeer = '10.1.0.4';

const programs = programsIn(inject('programsFolder'));
let cluster: OneNode;
let rulesBefore: string;

beforeAll(async () => {
  cluster = await startOneNode(programs);
  const image = inject('image');
  cluster.importImage(image.file);
  measured('image', `${image.megabytes} MB unpacked`);
  cluster.apply(...['shop', 'other', 'storefront', 'orders'].map(namespaceObject));
  cluster.kubectl('apply', '--server-side', '-f', join(checkout, 'deploy/crds'));
  rulesBefore = rulesOf(cluster);
});
afterEach(({ task }) => {
  if (task.result?.state === 'fail') {
    tellState(cluster);
  }
});
afterAll(async () => {
  await cluster?.stop();
});

describe('podid in a cluster', () => {
  it('keeps a pod that runs before the agent from every token, behind the boot guard', async () => {
    loadBootGuard();
    cluster.apply(
      demoPod('early', { labels: { aadpodidbinding: 'early' } }, '--timeout', '2s'),
      namespaceObject('shop'),
    );
    const news = await said('shop', 'early', 2);
    expect(news.filter(({ clientId }) => clientId)).toEqual([]);
    expect(cluster.imds.asked()).toEqual([]);
  });

  it("is installed with a values file of upstream's chart", async () => {
    const begunMs = Date.now();
    helmInstall();
    cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/podid-nmi', '--timeout=120s');
    measured('install to ready', `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    expect(issued()).toEqual({});
  });

  it('gives the early pod a token once an identity is bound to its label, and none before', async () => {
    const before = (await said('shop', 'early', newsOf(cluster, 'shop', 'early').length + 2)).length;
    expect(newsOf(cluster, 'shop', 'early').filter(({ clientId }) => clientId)).toEqual([]);
    expect(issued()).toEqual({});
    cluster.apply(azureIdentity('shop', 'web', identities.web), binding('shop', 'web', 'early'));
    await eventually(() =>
      expect(newsOf(cluster, 'shop', 'early').at(-1)).toMatchObject({ clientId: identities.web.clientId }),
    );
    const owners = newsOf(cluster, 'shop', 'early')
      .slice(before)
      .map(({ clientId }) => clientId);
    expect(new Set(owners.filter(Boolean))).toEqual(new Set([identities.web.clientId]));
    expect(issued()).toEqual({ [identities.web.clientId]: 1 });
    removePods('shop', 'early');
  });

  it('gives a pod of the demonstration the token of the identity bound to its label', async () => {
    cluster.imds.forget();
    cluster.apply(demoPod('demo', { namespace: 'storefront', labels: { aadpodidbinding: 'storefront' } }));
    const [first] = await said('storefront', 'demo');
    expect(first).toMatchObject({
      clientId: identities.storefront.clientId,
      agent: expect.stringMatching(/^\d/),
    });
    expect(issued()).toEqual({ [identities.storefront.clientId]: 1 });
    removePods('storefront', 'demo');
  });

  it('gives each of two identities behind one selector to who asks by its client id, and no third', async () => {
    cluster.imds.forget();
    cluster.apply(
      azureIdentity('shop', 'jobs', identities.jobs),
      binding('shop', 'web', 'both'),
      binding('shop', 'jobs', 'both'),
    );
    for (const name of ['web', 'jobs', 'stray'] as const) {
      const asked = ['--client-id', identities[name].clientId, '--resource', 'https://storage.azure.com'];
      cluster.apply(demoPod(`as-${name}`, { labels: { aadpodidbinding: 'both' } }, ...asked));
    }
    const [[web], [jobs], [stray]] = await Promise.all([
      said('shop', 'as-web'),
      said('shop', 'as-jobs'),
      said('shop', 'as-stray'),
    ]);
    expect(web).toMatchObject({ clientId: identities.web.clientId });
    expect(jobs).toMatchObject({ clientId: identities.jobs.clientId });
    expect(stray?.error?.message).toContain('Identity not found');
    expect(issued()).toEqual({ [identities.web.clientId]: 1, [identities.jobs.clientId]: 1 });
    removePods('shop', 'as-web', 'as-jobs', 'as-stray');
  });

  it("gives an excepted pod the node's own identity, and refuses the same label in another namespace", async () => {
    cluster.imds.forget();
    cluster.apply(exception('shop', 'legacy', { app: 'legacy' }));
    cluster.apply(demoPod('legacy', { labels: { app: 'legacy' } }));
    cluster.apply(demoPod('legacy', { namespace: 'other', labels: { app: 'legacy' } }));
    const [[excepted], [refused]] = await Promise.all([said('shop', 'legacy'), said('other', 'legacy')]);
    expect(excepted).toMatchObject({ clientId: systemAssigned.clientId });
    expect(refused?.error?.message).toContain('Identity not found');
    expect(issued()).toEqual({ [systemAssigned.clientId]: 1 });
    removePods('shop', 'legacy');
    removePods('other', 'legacy');
  });

  it('refuses a pod of a namespace without the binding, and asks IMDS nothing for it', async () => {
    cluster.imds.forget();
    cluster.apply(demoPod('web', { namespace: 'other', labels: { aadpodidbinding: 'both' } }));
    const [first] = await said('other', 'web');
    expect(first?.error?.message).toContain('nothing in namespace other is bound to it');
    expect(cluster.imds.asked()).toEqual([]);
    removePods('other', 'web');
  });

  it('answers the host endpoint from the node, for a pod by name', async () => {
    cluster.apply(
      podObject('mount', { labels: { aadpodidbinding: 'both' }, command: ['sleep', 'infinity'] }),
    );
    cluster.kubectl('-n', 'shop', 'wait', 'pod/mount', '--for=condition=Ready', '--timeout=60s');
    cluster.imds.forget();
    const url = 'http://127.0.0.1:2579/host/token/?resource=https://vault.azure.net';
    const ask = (pod: string) =>
      cluster.onNode('curl', '-sS', '-m', '20', '-H', 'podns: shop', '-H', `podname: ${pod}`, url);
    expect(JSON.parse(ask('mount'))).toMatchObject({
      clientid: identities.web.clientId,
      token: { token_type: 'Bearer' },
    });
    expect(issued()).toEqual({ [identities.web.clientId]: 1 });
    expect(JSON.parse(ask('nobody'))).toHaveProperty('error');
    removePods('shop', 'mount');
  });

  it('leaves the port of the agent to no pod', async () => {
    const thief = (more: object = {}) => {
      const pod = podObject('thief', { hostPort: 2579, command: ['sleep', 'infinity'] }) as { spec: object };
      cluster.apply({ ...pod, spec: { ...pod.spec, ...more } });
    };
    thief();
    const path = '{.status.conditions[?(@.type=="PodScheduled")].message}';
    await eventually(() => expect(field('thief', path)).toContain("didn't have free ports"));
    removePods('shop', 'thief');
    thief({ nodeName: cluster.nodeName });
    await eventually(() => expect(field('thief', '{.status.reason}')).toBe('NodePorts'));
    removePods('shop', 'thief');
  });
});

describe('the agent that is replaced or ended while pods ask twenty times a second', () => {
  beforeAll(() => {
    cluster.apply(binding('shop', 'web', 'drill'));
  });

  const ways = {
    'rollout restart': () =>
      void cluster.kubectl('-n', 'kube-system', 'rollout', 'restart', 'daemonset/podid-nmi'),
    'kubectl delete pod': () =>
      void cluster.kubectl('-n', 'kube-system', 'delete', 'pod', agentPod(), '--wait=false'),
    'kill -9 of serve': () => void process.kill(processOfAgent('serve'), 'SIGKILL'),
    'kill -9 of rules': () => void process.kill(processOfAgent('rules'), 'SIGKILL'),
  };

  it.each(Object.entries(ways))('fails nobody who asks after its end, by %s', async (way, end) => {
    let endedMs = 0;
    const counted = await drill(cluster, programs, drillPods, async () => {
      const pid = processOfAgent(way.endsWith('rules') ? 'rules' : 'serve');
      end();
      endedMs = await endOf(pid);
      agentIsBack();
    });
    expectOwnOrNothing(way, counted, identities.web.clientId, endedMs);
    expect(Object.keys(issued()).filter((id) => id !== identities.web.clientId)).toEqual([]);
  });
});

describe('the agent without an API server', () => {
  it('goes on giving tokens for a minute, those too that it did not have yet', async () => {
    let begunMs = 0;
    const counted = await drill(cluster, programs, drillPods, async () => {
      begunMs = Date.now();
      cluster.control('stop-api');
      await passing(30_000);
      const answer = JSON.parse(
        cluster.inPod(
          'shop',
          'drill-bound',
          'curl',
          '-sS',
          '-m',
          '20',
          '-H',
          'Metadata: true',
          `${tokenPath}%2Fnew`,
        ),
      );
      expect(answer).toMatchObject({ client_id: identities.web.clientId });
      await passing(30_000);
      cluster.control('start-api');
    });
    expectOwnOrNothing('API server away for a minute', counted, identities.web.clientId, begunMs);
    expect(issued()).toEqual({ [identities.web.clientId]: 1 });
    agentIsBack();
  });
});

describe('podid taken out of a cluster', () => {
  it('leaves the rules of the node as they were, and no table of its own', async () => {
    const begunMs = Date.now();
    cluster.helm('uninstall', 'podid', '--namespace', 'kube-system', '--wait', '--timeout', '300s');
    measured('helm uninstall', `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    expect(rulesOf(cluster)).toBe(rulesBefore);
    expect(objectsOfPodid()).toEqual([]);
  });
});

describe("podid in the place of upstream's manifests", () => {
  let rulesOfUpstream: string;
  beforeAll(async () => {
    cluster.onNode(
      'ctr',
      ...['-a', cluster.containerd, '-n', 'k8s.io', 'images', 'tag'],
      ...['docker.io/podid/podid:test', upstreamImage],
    );
    cluster.apply(azureIdentity('shop', 'web', identities.web), binding('shop', 'web', 'drill'));
    const args = ['/programs/bound-address', identities.web.clientId];
    cluster.apply(...upstreamObjects(programs.folder, args));
    cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/nmi', '--timeout=60s');
    await eventually(() =>
      expect(cluster.kubectl('-n', 'kube-system', 'logs', 'daemonset/nmi')).toContain('listening'),
    );
    rulesOfUpstream = rulesOf(cluster);
  });

  it('is not installed beside it unasked, and says why', () => {
    expect(() => podid('nmi', 'install', '--yes', ...ownImage)).toThrow(/aad-pod-identity's NMI.*--force/s);
    expect(objectsOfPodid()).toEqual([]);
  });

  it('takes over while pods ask, without a gap', async () => {
    let ends: readonly number[] = [];
    const knowBound = () => {
      const address = field('drill-bound', '{.status.podIP}');
      writeFileSync(join(programs.folder, 'bound-address'), address);
    };
    const counted = await drill(cluster, programs, { ...drillPods, knowBound }, async () => {
      const begunMs = Date.now();
      const watched = watchEnds(cluster, /upstream-agent|podid-nmi\S* serve/);
      await podidMeanwhile('nmi', 'install', '--force', '--yes', `--values=${upstreamValues}`, ...ownImage);
      ends = watched.stop();
      measured('in the place of upstream', `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    });
    expect(ends.length).toBeGreaterThan(0);
    expectOwnOrNothing("take-over from upstream's manifests", counted, identities.web.clientId, ...ends);
    expect(Object.keys(issued())).toEqual([identities.web.clientId]);
    expect(cluster.kubectl('get', 'daemonsets', '-A', '-o', 'name')).toBe('daemonset.apps/podid-nmi\n');
  });

  it('goes again, and leaves the chain that upstream had left', () => {
    const begunMs = Date.now();
    podid('nmi', 'uninstall', '--yes');
    measured('podid nmi uninstall', `${((Date.now() - begunMs) / 1000).toFixed(1)} s`);
    expect(rulesOf(cluster)).toBe(rulesOfUpstream);
    expect(rulesOfUpstream).toContain('aad-metadata');
    expect(objectsOfPodid()).toEqual([]);
  });
});

/** Counts what IMDS gave out by identity; only the node itself may have asked. */
function issued(): Readonly<Record<string, number>> {
  const given = cluster.imds.issued();
  expect(given.map(({ peer }) => peer).filter((peer) => peer !== theOnlyPeer)).toEqual([]);
  const counts: Record<string, number> = {};
  for (const { clientId, count } of given) {
    counts[clientId] = (counts[clientId] ?? 0) + count;
  }
  return counts;
}

/** Waits until a demo pod had so many answers, and returns all it had. */
function said(namespace: string, pod: string, atLeast = 1) {
  return eventually(() => {
    const news = newsOf(cluster, namespace, pod);
    if (news.length < atLeast) {
      throw new Error(`${namespace}/${pod} has said too little: ${JSON.stringify(news)}`);
    }
    return news;
  });
}

/** As the kubelet's drop-in does before the kubelet starts. */
function loadBootGuard(): void {
  const root = mkdtempSync(join(tmpdir(), 'podid-root-'));
  try {
    cluster.onNode(process.execPath, programs.agent, 'boot-guard', `--host-root=${root}`);
    cluster.onNode('nft', '-f', join(root, 'etc/podid/boot-guard.nft'));
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** On the node, as an administrator. */
function podid(...args: readonly string[]): string {
  const program = join(checkout, 'bin/podid.js');
  return cluster.onNode(process.execPath, program, ...args, '--kubeconfig', cluster.kubeconfig);
}

/** As `podid`, while the test goes on. */
async function podidMeanwhile(...args: readonly string[]): Promise<void> {
  const program = [process.execPath, join(checkout, 'bin/podid.js'), ...args];
  await promisify(execFile)('nsenter', [
    `--net=/var/run/netns/${cluster.nodeName}`,
    ...program,
    '--kubeconfig',
    cluster.kubeconfig,
  ]);
}

/** All that carries podid's name, and taints of the node. */
function objectsOfPodid(): readonly string[] {
  const kinds =
    'daemonsets,pods,jobs,serviceaccounts,configmaps,secrets,roles,rolebindings,clusterroles,clusterrolebindings';
  const found = cluster.kubectl('get', kinds, '-A', '-l', 'app.kubernetes.io/name=podid', '-o', 'name');
  const taints = cluster.kubectl('get', 'node', cluster.nodeName, '-o', 'jsonpath={.spec.taints}');
  return [...found.split('\n'), taints].filter(Boolean);
}

function helmInstall(): void {
  cluster.helm(
    'install',
    'podid',
    join(checkout, 'deploy/chart'),
    '--namespace=kube-system',
    `--values=${upstreamValues}`,
    ...ownImage,
  );
}

function processOfAgent(container: 'serve' | 'rules'): number {
  return cluster.processOf('kube-system', agentPod(), container);
}

/** Waits until the kernel has closed a process's sockets, and says when that was. */
async function endOf(pid: number): Promise<number> {
  const giveUpMs = performance.now() + 60_000;
  while (isAlive(pid)) {
    if (performance.now() > giveUpMs) {
      throw new Error(`process ${pid} has not ended`);
    }
    await passing(5);
  }
  return Date.now();
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function agentPod(): string {
  const selector = 'app.kubernetes.io/name=podid,app.kubernetes.io/component=nmi';
  return cluster.kubectl(
    '-n',
    'kube-system',
    'get',
    'pod',
    '-l',
    selector,
    '-o',
    'jsonpath={.items[0].metadata.name}',
  );
}

function agentIsBack(): void {
  cluster.kubectl('-n', 'kube-system', 'rollout', 'status', 'daemonset/podid-nmi', '--timeout=120s');
}

function field(pod: string, path: string): string {
  return cluster.kubectl('-n', 'shop', 'get', 'pod', pod, '-o', `jsonpath=${path}`);
}

function removePods(namespace: string, ...names: readonly string[]): void {
  cluster.kubectl('-n', namespace, 'delete', 'pod', ...names, '--grace-period=0', '--force');
}
