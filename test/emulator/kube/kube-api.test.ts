import {
  ApiextensionsV1Api,
  AppsV1Api,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1Pod,
  Watch,
} from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { applyKubeFault } from '../../../src/emulator/kube/apply-kube-fault.ts';
import { type StartedKube, startKube } from '../../../src/emulator/kube/start-kube.ts';

const group = 'aadpodidentity.k8s.io';
const apiVersion = `${group}/v1`;
const identities = { group, version: 'v1', namespace: 'shop', plural: 'azureidentities' };
const apply = setHeaderOptions('Content-Type', PatchStrategy.ServerSideApply);
const mergePatch = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
const soon = { timeout: 20_000, interval: 5 };

let kube: StartedKube;
let config: KubeConfig;

beforeEach(async () => {
  const users = { t0ken: { name: 'ann' }, reader: { name: 'bob', deny: [{ verb: 'patch' }] } };
  kube = await startKube({ namespaces: ['shop'], users });
  config = configFor('t0ken');
});

afterEach(() => kube.stop());

describe('the emulated Kubernetes API, as client-node meets it,', () => {
  it('creates, reads, changes and deletes an object', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const created = await core.createNamespacedSecret({
      namespace: 'shop',
      body: { metadata: { name: 's' }, data: { a: 'eA==' } },
    });
    expect(created.metadata).toMatchObject({ name: 's', namespace: 'shop', generation: 1 });
    expect(created.metadata?.uid).toMatch(/^[0-9a-f-]{36}$/);
    const changed = await core.patchNamespacedSecret(
      { namespace: 'shop', name: 's', body: { data: { b: 'eQ==' } } },
      mergePatch,
    );
    expect(changed.data).toEqual({ a: 'eA==', b: 'eQ==' });
    await expect(
      core.replaceNamespacedSecret({ namespace: 'shop', name: 's', body: created }),
    ).rejects.toMatchObject({ code: 409 });
    await core.deleteNamespacedSecret({ namespace: 'shop', name: 's' });
    await expect(core.readNamespacedSecret({ namespace: 'shop', name: 's' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('has the identity kinds established from the start, and after somebody applied them anew', async () => {
    const crds = config.makeApiClient(ApiextensionsV1Api);
    const name = `azureidentities.${group}`;
    const { spec, status } = await crds.readCustomResourceDefinition({ name });
    expect(status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Established', status: 'True' }),
    );
    const body = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name },
      spec,
    };
    const applied = await crds.patchCustomResourceDefinition(
      { name, body, fieldManager: 'podid', force: true },
      apply,
    );
    expect(applied.status?.conditions).toEqual(status?.conditions);
  });

  it('prunes what the CRD does not know and refuses wrong types', async () => {
    const created = await applyIdentity('a', {
      clientID: 'c',
      clientPassword: { Name: 'x' },
      extra: 1,
      metadata: { y: 1 },
    });
    expect(created.spec).toEqual({ clientID: 'c', clientPassword: {}, metadata: {} });
    await expect(applyIdentity('b', { type: '0' })).rejects.toMatchObject({ code: 422 });
    expect(kube.store.get('azureidentities', 'shop', 'b')).toBeUndefined();
  });

  it.each([
    ['no metadata', {}, 400],
    ['no name', { metadata: {} }, 422],
    ['a name in upper case', { metadata: { name: 'Web' } }, 422],
    ['a label value that is none', { metadata: { name: 'web', labels: { a: 'b c' } } }, 422],
    ['another namespace', { metadata: { name: 'web', namespace: 'default' } }, 400],
    ['another kind', { kind: 'Pod', metadata: { name: 'web' } }, 400],
  ])('refuses to create an object with %s', async (_what, body, code) => {
    const api = config.makeApiClient(CustomObjectsApi);
    const whole = { apiVersion, kind: 'AzureIdentity', ...body };
    await expect(api.createNamespacedCustomObject({ ...identities, body: whole })).rejects.toMatchObject({
      code,
    });
    expect(kube.store.list('azureidentities')).toEqual([]);
  });

  it('answers 404 for a namespace that is not there, and a plain page for a CRD that is not', async () => {
    await expect(applyIdentity('a', {}, { namespace: 'nowhere' })).rejects.toMatchObject({ code: 404 });
    applyKubeFault(kube.store, { missingCrds: true });
    const answer = await ask('/apis/aadpodidentity.k8s.io/v1/azureidentities');
    expect([answer.status, await answer.text()]).toEqual([404, '404 page not found\n']);
    applyKubeFault(kube.store, { clear: true });
    expect((await ask('/apis/aadpodidentity.k8s.io/v1/azureidentities')).status).toBe(200);
  });

  it('refuses a strange token with 401 and a denied verb with 403', async () => {
    expect((await ask('/api/v1/pods', 'wrong')).status).toBe(401);
    await expect(applyIdentity('a', {}, { token: 'reader' })).rejects.toMatchObject({ code: 403 });
    kube.store.faults.deny = [{ verb: 'list', resource: 'pods', namespace: 'shop' }];
    expect((await ask('/api/v1/namespaces/shop/pods')).status).toBe(403);
    expect((await ask('/api/v1/namespaces/default/pods')).status).toBe(200);
  });

  it('applies for a manager, and says which field another one holds', async () => {
    applyKubeFault(kube.store, { foreignIdentity: { namespace: 'shop', name: 'web' } });
    const refusal = await applyIdentity('web', { clientID: 'mine' }).catch((error) => error);
    expect(refusal.code).toBe(409);
    expect(JSON.parse(refusal.body)).toMatchObject({
      reason: 'Conflict',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.clientID' }] },
    });
    const taken = await applyIdentity('web', { clientID: 'mine' }, { force: true });
    expect(taken.spec).toMatchObject({ type: 0, clientID: 'mine' });
    expect(managersOf(taken)).toEqual(['aks', 'podid']);
  });

  it('writes nothing on a dry run, and no new version when nothing changes', async () => {
    await applyIdentity('a', { clientID: 'c' }, { dryRun: 'All' });
    expect(kube.store.list('azureidentities')).toEqual([]);
    const first = await applyIdentity('a', { clientID: 'c' });
    const again = await applyIdentity('a', { clientID: 'c' });
    expect(again.metadata).toEqual(first.metadata);
  });

  it('takes the status only through its own path, and deletes what a namespace held along with it', async () => {
    const core = config.makeApiClient(CoreV1Api);
    const body = { metadata: { name: 'p' }, spec: { containers: [] }, status: { podIP: '10.0.0.9' } };
    const { status } = await core.createNamespacedPod({ namespace: 'shop', body });
    expect(status).toEqual({ phase: 'Pending' });
    const changed = await core.patchNamespacedPodStatus(
      {
        namespace: 'shop',
        name: 'p',
        body: { metadata: { labels: { a: 'b' } }, status: { podIP: '10.0.0.9' } },
      },
      mergePatch,
    );
    expect([changed.status?.podIP, changed.metadata?.labels, changed.metadata?.generation]).toEqual([
      '10.0.0.9',
      undefined,
      1,
    ]);
    await core.deleteNamespace({ name: 'shop' });
    expect(kube.store.list('pods')).toEqual([]);
    await expect(core.createNamespacedPod({ namespace: 'shop', body })).rejects.toMatchObject({ code: 404 });
  });

  it.each([
    ['Background', ['other']],
    ['Orphan', ['other', 'web-1', 'web-2']],
  ])('ends the pods of a workload with it, as a cluster does: %s', async (propagationPolicy, left) => {
    const [core, apps] = [config.makeApiClient(CoreV1Api), config.makeApiClient(AppsV1Api)];
    const labels = { app: 'web' };
    const spec = { selector: { matchLabels: labels }, template: { metadata: { labels } } };
    for (const [name, own] of [
      ['web-1', labels],
      ['web-2', { ...labels, more: 'so' }],
      ['other', { app: 'other' }],
    ] as const) {
      const metadata = { name, namespace: 'shop', labels: own };
      kube.store.seed({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [] } } as never);
    }
    const metadata = { name: 'web', namespace: 'shop' };
    kube.store.seed({ apiVersion: 'apps/v1', kind: 'DaemonSet', metadata, spec } as never);
    await apps.deleteNamespacedDaemonSet({ ...metadata, dryRun: 'All' });
    expect((await core.listNamespacedPod({ namespace: 'shop' })).items).toHaveLength(3);
    await apps.deleteNamespacedDaemonSet({ ...metadata, propagationPolicy });
    const { items } = await core.listNamespacedPod({ namespace: 'shop' });
    expect(items.map((pod) => pod.metadata?.name).sort()).toEqual(left);
  });

  it('deletes a collection by selector, and nothing whose uid is not the one expected', async () => {
    for (const [name, app] of [
      ['a', 'web'],
      ['b', 'web'],
      ['c', 'db'],
    ] as const) {
      kube.store.seed(pod(name, '', { app }));
    }
    const core = config.makeApiClient(CoreV1Api);
    await core.deleteCollectionNamespacedPod({ namespace: 'shop', labelSelector: 'app=web' });
    expect(kube.store.list('pods').map((each) => each.metadata.name)).toEqual(['c']);
    await expect(
      core.deleteNamespacedPod({ namespace: 'shop', name: 'c', body: { preconditions: { uid: 'other' } } }),
    ).rejects.toMatchObject({ code: 409 });
  });

  it('keeps an object with finalizers until the last one goes', async () => {
    const api = config.makeApiClient(CustomObjectsApi);
    await applyIdentity('a', {}, { finalizers: ['example.com/hold'] });
    await api.deleteNamespacedCustomObject({ ...identities, name: 'a' });
    expect(kube.store.get('azureidentities', 'shop', 'a')?.metadata.deletionTimestamp).toBeDefined();
    await api.patchNamespacedCustomObject(
      { ...identities, name: 'a', body: { metadata: { finalizers: null } } },
      mergePatch,
    );
    expect(kube.store.get('azureidentities', 'shop', 'a')).toBeUndefined();
  });

  it('keeps a client-node informer up to date over cut watches and forgotten history', async () => {
    const core = config.makeApiClient(CoreV1Api);
    kube.store.seed(pod('a', '10.0.0.1'));
    const informer = makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
    informer.on('error', () => void informer.start());
    await informer.start();
    kube.store.seed(pod('b', '10.0.0.2'));
    await vi.waitFor(() => expect(informer.list()).toHaveLength(2), soon);
    kube.store.cutWatches();
    kube.store.expireHistory();
    kube.store.remove('pods', 'shop', 'a');
    await vi.waitFor(() => expect(informer.list().map((each) => each.metadata?.name)).toEqual(['b']), soon);
    await informer.stop();
  });

  it('shows an object that leaves a selector as deleted, and one that enters as added', async () => {
    const seen = await watching('/api/v1/pods', { labelSelector: 'app=web' });
    kube.store.seed(pod('a', '10.0.0.1', { app: 'web' }));
    kube.store.seed(pod('a', '10.0.0.1', { app: 'other' }));
    kube.store.seed(pod('b', '10.0.0.2', { app: 'other' }));
    kube.store.seed(pod('b', '10.0.0.2', { app: 'web' }));
    await vi.waitFor(() => expect(seen.events).toEqual(['ADDED a', 'DELETED a', 'ADDED b']), soon);
    seen.stop();
  });

  it('selects pods by node and address, and pages a list at one version', async () => {
    for (const [index, node] of ['n1', 'n2', 'n1', 'n1'].entries()) {
      kube.store.seed({ ...pod(`p${index}`, `10.0.0.${index}`), spec: { nodeName: node } });
    }
    const core = config.makeApiClient(CoreV1Api);
    const fieldSelector = 'spec.nodeName=n1';
    const first = await core.listPodForAllNamespaces({ fieldSelector, limit: 2, resourceVersion: '0' });
    kube.store.remove('pods', 'shop', 'p3');
    const token = first.metadata?._continue;
    const second = await core.listPodForAllNamespaces({
      fieldSelector,
      limit: 2,
      ...(token ? { _continue: token } : {}),
    });
    expect([...first.items, ...second.items].map(nameOf)).toEqual(['p0', 'p2', 'p3']);
    expect(second.metadata?._continue).toBeUndefined();
    const byAddress = await core.listPodForAllNamespaces({ fieldSelector: 'status.podIP=10.0.0.2' });
    expect(byAddress.items.map(nameOf)).toEqual(['p2']);
    expect(kube.store.count('list', 'pods')).toBe(3);
  });
});

describe('discovery', () => {
  it('lists what can be asked for, the CRDs of the moment included', async () => {
    expect(await (await ask('/apis')).json()).toMatchObject({
      groups: expect.arrayContaining([expect.objectContaining({ name: group })]),
    });
    expect(await (await ask(`/apis/${group}/v1`)).json()).toMatchObject({
      resources: expect.arrayContaining([expect.objectContaining({ name: 'azurepodidentityexceptions' })]),
    });
    kube.store.remove('customresourcedefinitions', '', `azureidentities.${group}`);
    expect((await ask(`/apis/${group}/v1/azureidentities`)).status).toBe(404);
    expect((await ask(`/apis/${group}/v1/azureidentitybindings`)).status).toBe(200);
    expect(await (await ask('/version')).json()).toMatchObject({ major: '1' });
  });

  it('answers who may do what', async () => {
    const body = {
      spec: { resourceAttributes: { verb: 'patch', resource: 'pods', group: '', namespace: 'shop' } },
    };
    const review = (token: string) =>
      fetch(`${kube.url}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
      }).then((answer) => answer.json());
    expect(await review('t0ken')).toMatchObject({ status: { allowed: true } });
    expect(await review('reader')).toMatchObject({ status: { allowed: false } });
  });
});

describe('a fault of the emulated Kubernetes API', () => {
  it('ends a watch with 410', async () => {
    kube.store.faults.goneOnNextWatches = 1;
    const answer = await ask('/api/v1/pods?watch=true&resourceVersion=1');
    expect(JSON.parse(await answer.text())).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });

  it('sends events twice, or the later before the earlier', async () => {
    const seen = await watching('/api/v1/pods', { resourceVersion: String(kube.store.version) });
    kube.store.faults.duplicateEvents = true;
    kube.store.seed(pod('a', '10.0.0.1'));
    applyKubeFault(kube.store, { clear: true, reorderEvents: true });
    kube.store.seed(pod('b', '10.0.0.2'));
    kube.store.seed(pod('c', '10.0.0.3'));
    await vi.waitFor(() => expect(seen.events).toEqual(['ADDED a', 'ADDED a', 'ADDED c', 'ADDED b']), soon);
    seen.stop();
  });

  it('closes the initial events of a watch by the bookmark that newer clients wait for', async () => {
    kube.store.seed(pod('a', '10.0.0.1'));
    const asked = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&timeoutSeconds=1';
    const answer = await ask(`/api/v1/pods?${asked}&resourceVersionMatch=NotOlderThan`);
    const lines = (await answer.text())
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
    expect(lines[1].object.metadata).toMatchObject({
      resourceVersion: String(kube.store.version),
      annotations: { 'k8s.io/initial-events-end': 'true' },
    });
    expect((await ask(`/api/v1/pods?${asked}`)).status).toBe(422);
    expect((await ask('/api/v1/pods?watch=true&resourceVersionMatch=Exact')).status).toBe(422);
  });

  it('leaves a hung watch open and silent, bookmarks included', async () => {
    const seen = await watching('/api/v1/pods', { allowWatchBookmarks: 'true' });
    kube.store.sendBookmarks();
    await vi.waitFor(() => expect(seen.events).toEqual(['BOOKMARK ']), soon);
    kube.store.faults.hangWatches = true;
    kube.store.seed(pod('a', '10.0.0.1'));
    kube.store.sendBookmarks();
    applyKubeFault(kube.store, { clear: true });
    kube.store.seed(pod('b', '10.0.0.2'));
    await vi.waitFor(() => expect(seen.events).toEqual(['BOOKMARK ', 'ADDED b']), soon);
    seen.stop();
  });

  it('resets connections, answers 503 or 429, or refuses until it accepts again', async () => {
    kube.store.faults.away = 'reset';
    await expect(ask('/api/v1/pods')).rejects.toThrow();
    kube.store.faults.away = '503';
    expect((await ask('/api/v1/pods')).status).toBe(503);
    applyKubeFault(kube.store, { away: null, throttleNext: 1 });
    const throttled = await ask('/api/v1/pods');
    expect([throttled.status, throttled.headers.get('retry-after')]).toEqual([429, '1']);
    await kube.refuse();
    await expect(ask('/api/v1/pods')).rejects.toThrow();
    await kube.accept();
    expect((await ask('/api/v1/pods')).status).toBe(200);
  });

  it('is named when nobody knows it', () => {
    expect(() => applyKubeFault(kube.store, { hangWatchs: true })).toThrow('hangWatchs');
    expect(() => applyKubeFault(kube.store, { slowListsMs: 'long' })).toThrow('slowListsMs');
  });
});

interface AppliedIdentity {
  readonly metadata: { readonly managedFields?: readonly { readonly manager: string }[] };
  readonly spec?: object;
}

async function applyIdentity(
  name: string,
  spec: object,
  how: { namespace?: string; force?: boolean; dryRun?: string; token?: string; finalizers?: string[] } = {},
): Promise<AppliedIdentity> {
  const { namespace = 'shop', force = false, dryRun, token = 't0ken', finalizers } = how;
  const api = configFor(token).makeApiClient(CustomObjectsApi);
  const metadata = { name, namespace, ...(finalizers ? { finalizers } : {}) };
  const body = { apiVersion, kind: 'AzureIdentity', metadata, spec };
  const request = { ...identities, namespace, name, body, fieldManager: 'podid', force };
  return api.patchNamespacedCustomObject({ ...request, ...(dryRun ? { dryRun } : {}) }, apply);
}

function managersOf(object: AppliedIdentity): string[] {
  return (object.metadata.managedFields ?? []).map((entry) => entry.manager);
}

function configFor(token: string): KubeConfig {
  const made = new KubeConfig();
  made.loadFromClusterAndUser(
    { name: 'emulated', server: kube.url, skipTLSVerify: true },
    { name: 'someone', token },
  );
  return made;
}

function ask(path: string, token = 't0ken'): Promise<Response> {
  return fetch(kube.url + path, { headers: { authorization: `Bearer ${token}` } });
}

async function watching(path: string, query: Record<string, string>) {
  const events: string[] = [];
  const before = kube.store.watches.size;
  const controller = await new Watch(config).watch(
    path,
    query,
    (type, object) => events.push(`${type} ${object.metadata.name ?? ''}`),
    () => undefined,
  );
  await vi.waitFor(() => expect(kube.store.watches.size).toBe(before + 1), soon);
  return { events, stop: () => controller.abort() };
}

function pod(name: string, podIP: string, labels: Record<string, string> = {}) {
  const metadata = { name, namespace: 'shop', labels };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: {}, status: { phase: 'Running', podIP } };
}

function nameOf(each: V1Pod): string | undefined {
  return each.metadata?.name;
}
