import { afterEach, describe, expect, it } from 'vitest';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';
import { createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { createMicView, type MicView } from '../../../src/mic/cluster/mic-view.ts';
import type { Logger } from '../../../src/runtime/logger.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

const quiet: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const object = (kind: string, namespace: string, name: string, spec: object) => ({
  apiVersion: 'aadpodidentity.k8s.io/v1',
  kind,
  metadata: { namespace, name },
  spec,
});
const identity = (namespace: string, name: string, clientID: string) =>
  object('AzureIdentity', namespace, name, { type: 0, clientID });
const binding = (namespace: string, name: string, selector: string) =>
  object('AzureIdentityBinding', namespace, name, { azureIdentity: 'web', selector });

async function viewOf(seed: readonly Parameters<StartedKube['store']['seed']>[0][]) {
  const kube = await startKube();
  cleanUps.push(() => kube.stop());
  for (const name of ['team', 'hostile']) {
    kube.store.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  for (const each of seed) {
    kube.store.seed(each);
  }
  const clock = systemClock();
  const endpoint = { server: kube.url, tls: {}, token: () => Promise.resolve(undefined) };
  const connection = createApiConnection({ endpoint, userAgent: 'test', timeoutMs: 30_000, clock });
  const never = () => undefined;
  const listener = { podChanged: never, selectorChanged: never, identityChanged: never, nodeChanged: never };
  const view = createMicView({ connection, clock, logger: quiet, listener, onTrouble: never });
  const stop = new AbortController();
  const running = view.run(stop.signal);
  cleanUps.push(async () => {
    stop.abort();
    await running;
    connection.close();
  });
  await until(() => view.synced);
  return { view, store: kube.store };
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

const countOf = (view: MicView, kind: string) => view.leftOut().find(([each]) => each === kind)?.[1];
const times = (count: number, make: (name: string) => object) =>
  Array.from({ length: count }, (_, index) => make(`o${index}`)) as ReturnType<typeof object>[];

describe('what one tenant writes', () => {
  it.each([
    [
      'identities of 1.4 MB',
      times(20, (name) => identity('hostile', name, 'x'.repeat(1_400_000))),
      ['azureidentities', { 'object-too-large': 20 }],
    ],
    [
      'more identities than a namespace may have, each as large as one may be',
      times(600, (name) => identity('hostile', name, 'x'.repeat(16_000))),
      ['azureidentities', { 'namespace-full': 78 }],
    ],
    [
      'bindings of 90 kB',
      times(20, (name) => binding('hostile', name, 'x'.repeat(90_000))),
      ['azureidentitybindings', { 'object-too-large': 20 }],
    ],
  ] as const)(
    'is left out beyond the limits, and the others are there: %s',
    async (_name, hostile, [kind, counts]) => {
      const { view, store } = await viewOf([
        ...hostile,
        identity('team', 'web', 'c'),
        binding('team', 'web', 'web'),
      ]);
      expect(countOf(view, kind)).toMatchObject(counts);
      expect(view.identities.get('team/web')).toBeDefined();
      expect(view.bindings.with('web')).toHaveLength(1);
      store.seed(binding('team', 'later', 'web'));
      await until(() => view.bindings.with('web').length === 2);
    },
  );
});

describe('rule 23: memory', () => {
  it('holds the pods that opt in and may still ask, and six fields of each', async () => {
    const labels = { aadpodidbinding: 'web', app: 'x'.repeat(10_000) };
    const podNamed = (name: string, own: Record<string, string>, phase = 'Running') => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'team',
        name,
        uid: `uid-${name}`,
        labels: own,
        annotations: { a: 'y'.repeat(10_000) },
      },
      spec: { nodeName: 'node-1', containers: [{ name: 'c', image: 'z'.repeat(10_000) }] },
      status: { phase, podIP: '10.0.0.1' },
    });
    const { view } = await viewOf([
      podNamed('wants', labels),
      podNamed('done', labels, 'Succeeded'),
      podNamed('failed', labels, 'Failed'),
      podNamed('wants-none', { app: 'shop' }),
    ]);
    expect([...view.pods.values()]).toStrictEqual([
      {
        uid: 'uid-wants',
        namespace: 'team',
        name: 'wants',
        labels: { aadpodidbinding: 'web' },
        nodeName: 'node-1',
        phase: 'Running',
      },
    ]);
  });
});
