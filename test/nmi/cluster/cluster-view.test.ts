import { afterEach, describe, expect, it } from 'vitest';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';
import { createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { type ClusterView, createClusterView } from '../../../src/nmi/cluster/cluster-view.ts';
import { createDecide } from '../../../src/nmi/decide/choose-identity.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

const api = 'aadpodidentity.k8s.io/v1';
const identity = (namespace: string, name: string, more: Record<string, unknown> = {}) => ({
  apiVersion: api,
  kind: 'AzureIdentity',
  metadata: { namespace, name },
  spec: { type: 0, clientID: `client-of-${name}`, ...more },
});
const binding = (namespace: string, name: string, selector = name) => ({
  apiVersion: api,
  kind: 'AzureIdentityBinding',
  metadata: { namespace, name },
  spec: { azureIdentity: name, selector },
});
const exception = (namespace: string, name: string, podLabels: Record<string, string>) => ({
  apiVersion: api,
  kind: 'AzurePodIdentityException',
  metadata: { namespace, name },
  spec: { podLabels },
});
const pod = (namespace: string, name: string, ip: string, more: Record<string, unknown> = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace, name, labels: { aadpodidbinding: 'web' }, ...(more['metadata'] as object) },
  spec: { nodeName: 'n1', ...(more['spec'] as object) },
  status: {
    phase: 'Running',
    ...(ip === '' ? {} : { podIP: ip, podIPs: [{ ip }] }),
    ...(more['status'] as object),
  },
});
const large = 'x'.repeat(1_400_000);

async function viewOf(seed: readonly Parameters<StartedKube['store']['seed']>[0][]) {
  const kube = await startKube();
  cleanUps.push(() => kube.stop());
  for (const name of ['team', 'hostile']) {
    kube.store.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const object of seed) {
    kube.store.seed(object);
  }
  const clock = systemClock();
  const endpoint = { server: kube.url, tls: {}, token: () => Promise.resolve(undefined) };
  const connection = createApiConnection({ endpoint, userAgent: 'test', timeoutMs: 30_000, clock });
  const logged: unknown[] = [];
  const note = (fields: unknown, text: unknown) => void logged.push({ text, ...(fields as object) });
  const view = createClusterView({
    connection,
    node: 'n1',
    mode: 'managed',
    assignmentsByLabel: false,
    allowLoopbackPods: false,
    clock,
    logger: { debug: note, info: () => undefined, warn: note, error: note },
    onPodGone: () => undefined,
    onAddressLost: () => undefined,
    onTrouble: () => undefined,
  });
  const stop = new AbortController();
  const running = view.run(stop.signal);
  cleanUps.push(async () => {
    stop.abort();
    await running;
    connection.close();
  });
  await until(() => view.synced);
  return { view, store: kube.store, logged };
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error('The condition did not come true in time.');
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function answerOf(view: ClusterView, address: string) {
  const rules = { mode: 'managed', forceNamespaced: true, requireChoice: false } as const;
  const [known] = view.pods.byAddress(address);
  const choice =
    known && createDecide(view, rules, systemClock()).identity(known, { kind: 'request', resource: 'r' });
  return choice?.kind === 'granted' ? choice.identity.spec.clientID : choice?.description;
}

const countOf = (view: ClusterView, kind: string) => view.leftOut().find(([each]) => each === kind)?.[1];

const team = [identity('team', 'web'), binding('team', 'web'), pod('team', 'app', '10.0.0.1')] as const;

describe('what one tenant writes', () => {
  it.each([
    [
      'S3: identities of 1.4 MB each',
      Array.from({ length: 60 }, (_, index) => identity('hostile', `i${index}`, { clientID: large })),
      ['azureidentities', { 'object-too-large': 60 }],
    ],
    [
      'S3: members that nobody reads cost nothing',
      Array.from({ length: 5 }, (_, index) => identity('hostile', `i${index}`, { adResourceID: large })),
      ['azureidentities', { 'object-too-large': 0, 'namespace-full': 0 }],
    ],
    [
      'S3: the one annotation that is read, of 90 kB',
      Array.from({ length: 60 }, (_, index) => ({
        ...identity('hostile', `i${index}`),
        metadata: {
          namespace: 'hostile',
          name: `i${index}`,
          annotations: { 'aadpodidentity.k8s.io/Behavior': large.slice(0, 90_000) },
        },
      })),
      ['azureidentities', { 'object-too-large': 60 }],
    ],
    [
      'S9: 20,000 labels of an exception',
      [
        exception(
          'hostile',
          'labels',
          Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`label-${index}`, 'x'])),
        ),
      ],
      ['azurepodidentityexceptions', { 'object-too-large': 1 }],
    ],
    [
      'S9: thousands of bindings',
      Array.from({ length: 6_000 }, (_, index) => binding('hostile', `b${index}`, 'web')),
      ['azureidentitybindings', { 'namespace-full': 1_000 }],
    ],
    [
      'S2: pods of 1.35 MB, which are served as others are',
      Array.from({ length: 20 }, (_, index) =>
        pod('hostile', `p${index}`, `10.0.1.${index}`, {
          spec: { containers: [{ env: [{ name: 'A', value: large }] }] },
        }),
      ),
      ['pods', { 'object-too-large': 0 }],
    ],
    [
      'S2: pods with a megabyte of labels',
      [pod('hostile', 'labels', '10.0.1.1', { metadata: { labels: { aadpodidbinding: 'web', a: large } } })],
      ['pods', { 'object-too-large': 1 }],
    ],
    [
      'S2: pods that never got an address',
      Array.from({ length: 1_200 }, (_, index) => pod('hostile', `p${index}`, '')),
      ['pods', { 'namespace-full': 700 }],
    ],
    [
      'S2: pods that have ended',
      Array.from({ length: 600 }, (_, index) =>
        pod('hostile', `p${index}`, '', { status: { phase: index % 2 === 0 ? 'Failed' : 'Succeeded' } }),
      ),
      ['pods', { 'namespace-full': 0 }],
    ],
  ] as const)(
    'is left out beyond the limits, and the others are served: %s',
    async (_name, hostile, [kind, counts]) => {
      const { view, store } = await viewOf([...hostile, ...team]);
      expect(answerOf(view, '10.0.0.1')).toBe('client-of-web');
      expect(countOf(view, kind)).toMatchObject(counts);

      // By the watch as by the list.
      store.seed(identity('team', 'later'));
      store.seed(binding('team', 'later'));
      store.seed(pod('team', 'late', '10.0.0.2', { metadata: { labels: { aadpodidbinding: 'later' } } }));
      for (const object of hostile.slice(0, 3)) {
        store.seed({ ...object, metadata: { ...object.metadata, name: `${object.metadata.name}-again` } });
      }
      await until(() => answerOf(view, '10.0.0.2') === 'client-of-later');
    },
  );

  it('is told to whom it concerns, and to nobody else', async () => {
    const { view, logged } = await viewOf([
      ...team,
      identity('hostile', 'web', { clientID: large }),
      binding('hostile', 'web'),
      pod('hostile', 'app', '10.0.1.1'),
      pod('team', 'other', '10.0.0.2', { metadata: { labels: { aadpodidbinding: 'none' } } }),
    ]);
    expect(answerOf(view, '10.0.1.1')).toContain(
      "Objects of namespace hostile are beyond the agent's limits and left out: azureidentities/web (object-too-large). Make them smaller or fewer; podid doctor says the limits.",
    );
    expect(answerOf(view, '10.0.0.2')).not.toContain('limits');
    expect(logged).toEqual([
      expect.objectContaining({
        text: 'objects beyond the limits are left out; podid doctor says which',
        resource: 'azureidentities',
        leftOut: { 'object-too-large': 1, 'namespace-full': 0, 'cluster-full': 0 },
        namespaces: ['hostile'],
      }),
    ]);
  });

  it('is served again once it is small enough, and is gone when it grows too large', async () => {
    const { view, store } = await viewOf([...team, identity('team', 'grows'), binding('team', 'grows')]);
    expect(view.identities.in('team').size).toBe(2);
    store.seed(identity('team', 'grows', { clientID: large }));
    await until(() => view.identities.in('team').size === 1);
    expect(view.leftOutIn('team')).toEqual([
      { kind: 'azureidentities', name: 'grows', reason: 'object-too-large' },
    ]);
    store.seed(identity('team', 'grows'));
    await until(() => view.identities.in('team').size === 2);
    expect(view.leftOutIn('team')).toEqual([]);
  });

  it('never lets an address of a pod whose labels are left out speak for the pod that had it before', async () => {
    const { view } = await viewOf([
      ...team,
      pod('hostile', 'labels', '10.0.0.1', { metadata: { labels: { a: large } } }),
    ]);
    expect(view.pods.byAddress('10.0.0.1')).toHaveLength(2);
  });

  it('goes with a pod that ends', async () => {
    const { view, store } = await viewOf(team);
    store.seed(pod('team', 'app', '10.0.0.1', { status: { phase: 'Succeeded' } }));
    await until(() => view.pods.size === 0);
  });
});
