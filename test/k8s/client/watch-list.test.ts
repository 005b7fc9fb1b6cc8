import { afterEach, describe, expect, it } from 'vitest';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';
import { type ApiConnection, createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { createWatchList } from '../../../src/k8s/client/watch-list.ts';
import type { WatchLimits } from '../../../src/k8s/client/watch-list-options.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { keptOfPods } from '../../../src/validate/kubernetes/kept-members.ts';
import { parsePod } from '../../../src/validate/kubernetes/pod.ts';

const podNamed = (name: string, node = 'n1', labels = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', labels },
  spec: { nodeName: node },
  status: { phase: 'Running' },
});

const quick: Partial<WatchLimits> = {
  silenceMs: 60_000,
  watchSec: 300,
  relistSpreadMs: 10,
  firstRetryMs: 5,
  mostRetryMs: 50,
};
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function watched(limits: Partial<WatchLimits> = {}, kube?: StartedKube) {
  const started = kube ?? (await startKube());
  if (kube === undefined) {
    cleanUps.push(() => started.stop());
  }
  const connection = connect(started.url);
  const names = new Map<string, string>();
  const replaced: number[] = [];
  const troubles: string[] = [];
  const watch = createWatchList({
    connection,
    path: '/api/v1/pods',
    query: { fieldSelector: 'spec.nodeName=n1' },
    parse: parsePod,
    shape: keptOfPods,
    mostBytes: 16_384,
    into: {
      replace: (pods) => {
        replaced.push(pods.length);
        names.clear();
        for (const pod of pods) {
          names.set(pod.name, pod.labels['v'] ?? '');
        }
      },
      upsert: (pod) => void names.set(pod.name, pod.labels['v'] ?? ''),
      remove: (pod) => void names.delete(pod.name),
    },
    clock: { ...systemClock(), random: () => 0.5 },
    onTrouble: (error) => troubles.push(String(error)),
    limits: { ...quick, ...limits },
  });
  const stop = new AbortController();
  const running = watch.run(stop.signal);
  cleanUps.push(async () => {
    stop.abort();
    await running;
    connection.close();
  });
  return { kube: started, store: started.store, watch, names, replaced, troubles };
}

function connect(url: string): ApiConnection {
  const endpoint = { server: url, tls: {}, token: () => Promise.resolve(undefined) };
  return createApiConnection({ endpoint, userAgent: 'test', timeoutMs: 5_000, clock: systemClock() });
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > end) {
      throw new Error('The condition did not come true in time.');
    }
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

describe('a watched list', () => {
  it('holds what the selector selects, and follows every change', async () => {
    const { store, names, watch } = await watched();
    await until(() => watch.live);
    store.seed(podNamed('a'));
    store.seed(podNamed('b', 'n2'));
    await until(() => names.has('a'));
    store.seed(podNamed('a', 'n1', { v: '2' }));
    await until(() => names.get('a') === '2');
    store.remove('Pod', 'default', 'a');
    await until(() => !names.has('a'));
    expect(names.has('b')).toBe(false);
  });

  it('resumes a watch that was cut, without a new list', async () => {
    const { store, names, watch } = await watched();
    await until(() => watch.live);
    // The client is live a moment before the server has taken its watch up, and only then is there one to
    // cut.
    await until(() => {
      store.cutWatches();
      return store.count('watch', 'pods') > 1;
    });
    store.seed(podNamed('a'));
    await until(() => names.has('a'));
    expect(store.count('list', 'pods')).toBe(1);
  });

  it('lists again when the server has forgotten the past', async () => {
    const { store, names, replaced, watch } = await watched();
    store.seed(podNamed('a'));
    await until(() => watch.live && names.has('a'));
    store.faults.goneOnNextWatches = 1;
    store.cutWatches();
    store.remove('Pod', 'default', 'a');
    await until(() => replaced.length > 1);
    await until(() => !names.has('a'));
    expect(watch.synced).toBe(true);
  });

  it('asks for a watch as long as it was told, and takes its end for a sign of life', async () => {
    const asked: string[] = [];
    const stop = new AbortController();
    let now = 0;
    const clock = { ...systemClock(), monotonic: () => now, random: () => 0.99 };
    const connection: ApiConnection = {
      ...connect('http://127.0.0.1:1'),
      list: async () => ({ metadata: { resourceVersion: '7' }, items: [] }),
      async *stream(path) {
        asked.push(new URLSearchParams(path.split('?')[1]).get('timeoutSeconds') ?? '');
        now += 12_000;
        if (asked.length === 3) {
          stop.abort();
        }
        yield* [];
      },
    };
    const watch = createWatchList({
      ...{ connection, clock, path: '/api/v1/pods', parse: parsePod, shape: keptOfPods, mostBytes: 1_000 },
      into: { replace: () => undefined, upsert: () => undefined, remove: () => undefined },
      onTrouble: (error) => expect.unreachable(String(error)),
      limits: { ...quick, watchSec: 12 },
    });
    await watch.run(stop.signal);
    expect(asked).toEqual(['14', '14', '14']);
    expect(watch.heardAt).toBe(now);
  });

  it('takes a watch for dead that has been silent for too long', async () => {
    const { store, names, watch, troubles } = await watched({ silenceMs: 100 });
    await until(() => watch.live);
    store.faults.hangWatches = true;
    store.cutWatches();
    await until(() => store.count('watch', 'pods') > 1);
    store.seed(podNamed('a'));
    store.faults.hangWatches = false;
    await until(() => names.has('a'));
    expect(troubles.join()).toMatch(/silent for 100 ms/);
  });

  it('lists, where it shall, after a watch that brought nothing, since the next may bring nothing either', async () => {
    const { store, names, watch } = await watched({ silenceMs: 100, listAfterSilence: true });
    await until(() => watch.live);
    store.faults.hangWatches = true;
    store.cutWatches();
    store.seed(podNamed('a'));
    await until(() => names.has('a'));
    const lists = store.count('list', 'pods');
    store.remove('Pod', 'default', 'a');
    await until(() => !names.has('a'));
    expect(store.count('list', 'pods')).toBeGreaterThan(lists);
  });

  it('does not list after a watch that ended as it was asked to', async () => {
    const { store, watch } = await watched({ watchSec: 3, listAfterSilence: true });
    await until(() => store.count('watch', 'pods') >= 2);
    expect(watch.synced).toBe(true);
    expect(store.count('list', 'pods')).toBe(1);
  });

  it.each(['reset', '503', '500', 'html', 'truncated'] as const)(
    'outlives a server that answers with %s',
    async (away) => {
      const kube = await startKube();
      cleanUps.push(() => kube.stop());
      kube.store.seed(podNamed('a'));
      kube.store.faults.away = away;
      const { watch, names, troubles } = await watched({}, kube);
      await until(() => troubles.length >= 3);
      expect(watch.synced).toBe(false);
      kube.store.faults.away = null;
      await until(() => names.has('a'));
    },
  );

  it('asks every two seconds at least while it knows nothing yet', async () => {
    const kube = await startKube();
    cleanUps.push(() => kube.stop());
    kube.store.faults.away = '503';
    const waits: number[] = [];
    const connection = connect(kube.url);
    const stop = new AbortController();
    const watch = createWatchList({
      connection,
      path: '/api/v1/pods',
      parse: parsePod,
      shape: keptOfPods,
      mostBytes: 16_384,
      into: { replace: () => undefined, upsert: () => undefined, remove: () => undefined },
      clock: {
        monotonic: () => performance.now(),
        random: () => 1,
        sleep: async (ms) => void waits.push(ms),
      },
      onTrouble: () => undefined,
    });
    const running = watch.run(stop.signal);
    cleanUps.push(async () => {
      stop.abort();
      await running;
      connection.close();
    });
    await until(() => waits.length >= 8);
    expect(waits.slice(0, 5)).toEqual([250, 500, 1_000, 2_000, 2_000]);
  });

  it('keeps what it knew while the server is away, and says that it is not live', async () => {
    const { kube, store, names, watch } = await watched();
    store.seed(podNamed('a'));
    await until(() => names.has('a'));
    await kube.refuse();
    await until(() => !watch.live);
    expect([names.has('a'), watch.synced]).toEqual([true, true]);
    store.remove('Pod', 'default', 'a');
    await kube.accept();
    await until(() => !names.has('a'));
  });

  it('never brings back what was deleted when events come out of order or twice', async () => {
    const { store, names, watch } = await watched();
    await until(() => watch.live);
    store.faults.reorderEvents = true;
    store.faults.duplicateEvents = true;
    for (let round = 0; round < 10; round++) {
      store.seed(podNamed(`p${round}`));
      store.remove('Pod', 'default', `p${round}`);
    }
    store.faults.reorderEvents = false;
    store.faults.duplicateEvents = false;
    store.seed(podNamed('last'));
    await until(() => names.has('last'));
    await until(() => names.size === 1);
  });

  it('shares one list among all who ask for it anew', async () => {
    const { store, watch } = await watched();
    await until(() => watch.live);
    const before = store.count('list', 'pods');
    await Promise.all([watch.relist(), watch.relist(), watch.relist()]);
    expect(store.count('list', 'pods')).toBe(before + 1);
  });

  it('rejects those who ask for a new list with the reason', async () => {
    const { kube, watch } = await watched();
    await until(() => watch.live);
    await kube.refuse();
    await expect(watch.relist()).rejects.toThrow();
  });

  it('asks any version first, and none older than it knows later', async () => {
    const { store, watch, names } = await watched();
    await until(() => watch.live);
    store.seed(podNamed('a'));
    await until(() => names.has('a'));
    await watch.relist();
    const lists = store.requests
      .filter(({ verb }) => verb === 'list')
      .map(({ query }) => new URLSearchParams(query));
    expect(lists.map((query) => query.get('resourceVersion'))).toEqual(['0', String(store.version)]);
  });
});

describe('fifty agents', () => {
  it('come back after a restart of the API server, each with a few requests', async () => {
    const kube = await startKube();
    cleanUps.push(() => kube.stop());
    kube.store.seed(podNamed('a'));
    const agents = await Promise.all(
      Array.from({ length: 50 }, () =>
        watched({ relistSpreadMs: 500, firstRetryMs: 50, mostRetryMs: 1_000 }, kube),
      ),
    );
    await until(() => agents.every(({ watch }) => watch.live));
    await kube.refuse();
    kube.store.expireHistory();
    kube.store.seed(podNamed('b'));
    await kube.accept();
    await until(() => agents.every(({ names }) => names.has('b')));
    expect(kube.store.count('list', 'pods')).toBeLessThanOrEqual(100);
  });
});
