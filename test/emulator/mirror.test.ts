import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { PodIdentity } from '../../src/domain/entries/pod-identity.ts';
import type { ClusterObjects, MirrorRequest } from '../../src/domain/kubernetes/cluster-objects.ts';
import type { Clock } from '../../src/domain/time/clock.ts';
import { seedAksIdentity } from '../../src/emulator/kube/aks-objects.ts';
import { createKubeRoutes } from '../../src/emulator/kube/kube-routes.ts';
import { type StartedKube, startKube } from '../../src/emulator/kube/start-kube.ts';
import { type ClusterConnection, connectCluster } from '../../src/k8s/connect-cluster.ts';
import { hintText } from '../hint-text.ts';

const token = 'token-that-nobody-may-print';
const admin = { [token]: { name: 'admin' } };
const { signal } = new AbortController();
/** Waits are noted and over at once. */
const waits: number[] = [];
const clock: Clock = {
  now: () => 0,
  monotonic: () => 0,
  random: () => 0.5,
  async sleep(ms, ofSleep) {
    ofSleep.throwIfAborted();
    waits.push(ms);
  },
};
const apiVersion = 'aadpodidentity.k8s.io/v1';

let kube: StartedKube;
beforeEach(async () => {
  kube = await startKube({ users: admin, namespaces: ['shop', 'other'] });
});
afterEach(() => kube.stop());

function kubeconfig(server: string, user: object = { token }): string {
  return stringify({
    clusters: [{ name: 'aks', cluster: { server } }],
    users: [{ name: 'me', user }],
    contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
    'current-context': 'aks',
  });
}

function connect(changes: Partial<ClusterConnection> = {}): Promise<ClusterObjects> {
  return connectCluster({
    fetchUserKubeconfig: async () => kubeconfig(kube.url),
    fetchApiServerHosts: () => Promise.reject(new Error('no token of Entra')),
    warn: (text) => {
      throw new Error(`nothing to warn of here: ${text}`);
    },
    environment: {},
    timeoutMs: 20_000,
    clock,
    signal,
    ...changes,
  });
}

function entry(name: string, changes: Partial<PodIdentity> = {}): PodIdentity {
  const resourceId = `/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
  const identity = { resourceId, clientId: `client-${name}`, objectId: 'o' };
  return { namespace: 'shop', name, bindingSelector: name, identity, ...changes };
}

function asked(changes: Partial<MirrorRequest>): MirrorRequest {
  const nothing = { identities: [], exceptions: [], goneIdentities: [], goneExceptions: [] };
  return { ...nothing, prune: false, force: false, dryRun: false, ...changes };
}

async function mirror(changes: Partial<MirrorRequest>): Promise<readonly string[]> {
  const api = await connect();
  const objects = await api.mirror(asked(changes), signal);
  return objects.map(({ action, namespace, name, reason }) =>
    [action, `${namespace}/${name}`, reason].filter(Boolean).join(' '),
  );
}

function writes(): readonly string[] {
  return kube.store.requests
    .filter(({ verb }) => !['get', 'list', 'watch'].includes(verb))
    .map(({ verb, name }) => `${verb} ${name}`.trim());
}

describe('mirroring into a cluster', () => {
  it('writes an entry as two objects with the label, and the second time nothing', async () => {
    expect(await mirror({ identities: [entry('web')] })).toEqual([
      'create shop/web',
      'create shop/web-binding',
    ]);
    const stored = kube.store.get('AzureIdentity', 'shop', 'web');
    expect(stored?.spec).toEqual({
      type: 0,
      resourceID: entry('web').identity.resourceId,
      clientID: 'client-web',
    });
    expect(stored?.metadata).toMatchObject({
      labels: { 'app.kubernetes.io/managed-by': 'podid' },
      annotations: { 'aadpodidentity.k8s.io/Behavior': 'namespaced' },
      managedFields: [{ manager: 'podid' }],
    });
    expect(kube.store.get('AzureIdentityBinding', 'shop', 'web-binding')?.spec).toEqual({
      azureIdentity: 'web',
      selector: 'web',
    });
    const before = writes();
    expect(await mirror({ identities: [entry('web')] })).toEqual(['same shop/web', 'same shop/web-binding']);
    expect(writes()).toEqual(before);
  });

  it('changes its own object by apply, which is from then on its only writer', async () => {
    await mirror({ identities: [entry('web')] });
    const changed = entry('web', { bindingSelector: 'frontend' });
    expect(await mirror({ identities: [changed] })).toEqual(['same shop/web', 'update shop/web-binding']);
    const stored = kube.store.get('AzureIdentityBinding', 'shop', 'web-binding');
    expect(stored?.spec).toEqual({ azureIdentity: 'web', selector: 'frontend' });
    const managers = stored?.metadata.managedFields?.map(
      ({ manager, operation }) => `${manager} ${operation}`,
    );
    expect(managers).toEqual(['podid Apply']);
  });

  it('takes a pod label away that an exception no longer has, though it came by POST', async () => {
    const exception = { namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy', tier: 'db' } };
    await mirror({ exceptions: [exception] });
    const fewer = { ...exception, podLabels: { app: 'legacy' } };
    expect(await mirror({ exceptions: [fewer] })).toEqual(['update shop/legacy']);
    expect(kube.store.get('AzurePodIdentityException', 'shop', 'legacy')?.spec).toEqual({
      podLabels: { app: 'legacy' },
    });
    expect(await mirror({ exceptions: [fewer] })).toEqual(['same shop/legacy']);
  });

  it("reports what differs in AKS's object, writes nothing, and takes it over only by force", async () => {
    seedAksIdentity(kube.store, 'shop', 'web');
    expect(await mirror({ identities: [entry('web')] })).toEqual([
      expect.stringMatching(
        /^foreign shop\/web Written by AKS; fields that differ: spec\.resourceID "[^"]+" \(wanted "[^"]+"\), spec\.clientID /,
      ),
      'same shop/web-binding',
    ]);
    expect(writes()).toEqual([]);
    expect(await mirror({ identities: [entry('web')], force: true })).toEqual([
      'update shop/web',
      'update shop/web-binding',
    ]);
    expect(kube.store.get('AzureIdentity', 'shop', 'web')).toMatchObject({
      spec: { clientID: 'client-web' },
      metadata: {
        labels: { 'kubernetes.azure.com/managedby': 'aks', 'app.kubernetes.io/managed-by': 'podid' },
      },
    });
    expect(await mirror({ identities: [entry('web')], force: true })).toEqual([
      'same shop/web',
      'same shop/web-binding',
    ]);
  });

  it('does not become a silent co-owner of a foreign object with equal values', async () => {
    const [own] = [entry('web')];
    const spec = { type: 0, resourceID: own.identity.resourceId, clientID: own.identity.clientId };
    kube.store.seed(
      { apiVersion, kind: 'AzureIdentity', metadata: { namespace: 'shop', name: 'web' }, spec },
      'helm',
    );
    expect(await mirror({ identities: [own] })).toEqual(['same shop/web', 'create shop/web-binding']);
    const managers = kube.store.get('AzureIdentity', 'shop', 'web')?.metadata.managedFields;
    expect(managers?.map(({ manager }) => manager)).toEqual(['helm']);
  });

  it('takes over by force also what it does not know to ask for', async () => {
    const spec = { type: 0, clientID: 'x', tenantID: 'not wanted' };
    kube.store.seed(
      { apiVersion, kind: 'AzureIdentity', metadata: { namespace: 'shop', name: 'web' }, spec },
      'helm',
    );
    await mirror({ identities: [entry('web')], force: true });
    expect(kube.store.get('AzureIdentity', 'shop', 'web')?.spec).not.toHaveProperty('tenantID');
  });

  it('deletes of a gone entry what podid wrote, and of no other entry anything', async () => {
    await mirror({ identities: [entry('web'), entry('api')] });
    kube.store.seed(
      { apiVersion, kind: 'AzureIdentity', metadata: { namespace: 'shop', name: 'theirs' }, spec: {} },
      'helm',
    );
    const gone = [entry('web'), entry('theirs'), entry('never')];
    expect(await mirror({ goneIdentities: gone })).toEqual([
      'delete shop/web-binding',
      'delete shop/web',
      'foreign shop/theirs Written by helm; podid deletes only what podid wrote',
    ]);
    const left = kube.store.list('AzureIdentity').map(({ metadata }) => metadata.name);
    expect(left).toEqual(['api', 'theirs']);
  });

  it("prunes podid's own that nobody speaks of, and nothing else", async () => {
    await mirror({ identities: [entry('web'), entry('old'), entry('old', { namespace: 'other' })] });
    seedAksIdentity(kube.store, 'shop', 'theirs');
    const labels = { 'app.kubernetes.io/managed-by': 'podid' };
    kube.store.seed(
      {
        apiVersion,
        kind: 'AzureIdentity',
        metadata: { namespace: 'shop', name: 'copied', labels },
        spec: {},
      },
      'kubectl',
    );
    expect(await mirror({ identities: [entry('web')], prune: true })).toEqual([
      'same shop/web',
      'same shop/web-binding',
      'delete other/old-binding',
      'delete shop/old-binding',
      'delete other/old',
      'delete shop/old',
    ]);
    const left = kube.store.list('AzureIdentity').map(({ metadata }) => metadata.name);
    expect(left).toEqual(['copied', 'theirs', 'web']);
  });

  it('prunes beyond one page of a list', async () => {
    const exceptions = Array.from({ length: 1001 }, (_, index) => ({
      namespace: 'shop',
      name: `e${index}`,
      podLabels: { app: `e${index}` },
    }));
    await mirror({ exceptions });
    const deleted = await mirror({ prune: true });
    expect(deleted).toHaveLength(1001);
    expect(kube.store.list('AzurePodIdentityException')).toEqual([]);
  });

  it('changes nothing in a dry run, and lets the server judge what it would write', async () => {
    await mirror({ identities: [entry('web'), entry('old')] });
    const version = kube.store.version;
    const before = kube.store.requests.length;
    const request = {
      identities: [entry('web', { bindingSelector: 'x' }), entry('new')],
      goneIdentities: [entry('old')],
      dryRun: true,
    };
    expect(await mirror(request)).toEqual([
      'same shop/web',
      'update shop/web-binding',
      'create shop/new',
      'create shop/new-binding',
      'delete shop/old-binding',
      'delete shop/old',
    ]);
    expect(kube.store.version).toBe(version);
    const sent = kube.store.requests.slice(before).filter(({ verb }) => verb !== 'get');
    expect(sent).toHaveLength(5);
    expect(sent.filter(({ query }) => !query.includes('dryRun=All'))).toEqual([]);
  });

  it('leaves an entry pending in a namespace that does not exist, and writes the others', async () => {
    expect(await mirror({ identities: [entry('web', { namespace: 'later' }), entry('api')] })).toEqual([
      'pending later/web Namespace later does not exist yet',
      'pending later/web-binding Namespace later does not exist yet',
      'create shop/api',
      'create shop/api-binding',
    ]);
  });

  it('names in every write the version that it looked at', async () => {
    const bodies: string[] = [];
    await mirror({
      identities: [entry('web')],
      exceptions: [{ namespace: 'shop', name: 'x', podLabels: { a: 'b' } }],
    });
    const routes = createKubeRoutes({ store: kube.store });
    const recording = await listening((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        bodies.push(`${request.method} ${Buffer.concat(chunks)}`);
        void routes.handle(request, response, Buffer.concat(chunks));
      });
    });
    const api = await connect({ fetchUserKubeconfig: async () => kubeconfig(recording.url) });
    const exception = kube.store.get('AzurePodIdentityException', 'shop', 'x')?.metadata;
    await api.mirror(asked({ goneExceptions: [{ namespace: 'shop', name: 'x' }] }), signal);
    const sent = bodies.find((body) => body.startsWith('DELETE'))?.slice('DELETE '.length);
    expect(JSON.parse(sent ?? '')).toMatchObject({
      kind: 'DeleteOptions',
      preconditions: { uid: exception?.uid, resourceVersion: exception?.resourceVersion },
    });
    const version = kube.store.get('AzureIdentityBinding', 'shop', 'web-binding')?.metadata.resourceVersion;
    await api.mirror(asked({ identities: [entry('web', { bindingSelector: 'y' })] }), signal);
    const patches = bodies
      .filter((body) => body.startsWith('PATCH'))
      .map((body) => JSON.parse(body.slice(6)));
    expect(patches.map(({ metadata }) => Boolean(metadata.resourceVersion))).toEqual([true, true]);
    expect(patches[0].metadata.resourceVersion).toBe(version);
    await recording.close();
  });

  it('reads back what it wrote', async () => {
    await mirror({
      identities: [entry('web', { bindingSelector: 'frontend' })],
      exceptions: [{ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } }],
    });
    const written = [
      'AzureIdentity shop/web',
      'AzureIdentityBinding shop/web-binding',
      'AzurePodIdentityException shop/legacy',
    ];
    expect(await (await connect()).read(signal)).toEqual({
      namespaces: expect.arrayContaining(['shop', 'other']),
      identities: [
        {
          namespace: 'shop',
          name: 'web',
          bindingSelector: 'frontend',
          resourceId: entry('web').identity.resourceId,
          clientId: 'client-web',
        },
      ],
      exceptions: [{ namespace: 'shop', name: 'legacy', podLabels: { app: 'legacy' } }],
      moreBindings: [],
      servicePrincipals: [],
      // Each as the server holds it, for whoever decides by the objects themselves.
      resources: {
        identities: [
          expect.objectContaining({ metadata: expect.objectContaining({ namespace: 'shop', name: 'web' }) }),
        ],
        bindings: [expect.objectContaining({ spec: { azureIdentity: 'web', selector: 'frontend' } })],
        exceptions: [expect.objectContaining({ spec: { podLabels: { app: 'legacy' } } })],
      },
      facts: {
        own: new Set(written),
        edited: new Set(),
        versions: Object.fromEntries(written.map((key) => [key, expect.stringMatching(/^\d+$/)])),
      },
    });
  });

  it('brings 200 entries in line while a colleague does the same', async () => {
    const identities = Array.from({ length: 200 }, (_, index) => entry(`e${index}`));
    const [one, other] = await Promise.all([mirror({ identities }), mirror({ identities })]);
    expect(kube.store.list('AzureIdentityBinding')).toHaveLength(200);
    const actions = [...one, ...other].map((line) => line.split(' ')[0]);
    expect(actions.filter((action) => action === 'create')).toHaveLength(400);
    expect(actions.filter((action) => action === 'same')).toHaveLength(400);
  });
});

describe('a cluster with transient failures', () => {
  const web = asked({ identities: [entry('web')] });

  it.each(['reset', '503', '500', 'html', 'truncated'] as const)(
    'is unreachable when its API answers with %s',
    async (away) => {
      const api = await connect();
      kube.store.faults.away = away;
      await expect(api.mirror(web, signal)).rejects.toMatchObject({
        code: 'ClusterUnreachable',
        exitCode: 7,
      });
      await expect(api.read(signal)).rejects.toMatchObject({ code: 'ClusterUnreachable' });
    },
  );

  it('is unreachable when it never answers, and no longer waited for than allowed', async () => {
    const api = await connect({ timeoutMs: 200 });
    kube.store.faults.away = 'hang';
    await expect(api.mirror(web, signal)).rejects.toThrow('no answer within 0.2 s');
  });

  it('is asked again while it is busy, after as long as it says', async () => {
    const api = await connect();
    kube.store.faults.throttleNext = 3;
    waits.length = 0;
    expect(await api.mirror(web, signal)).toHaveLength(2);
    expect(waits).toEqual([1000, 1000, 1000]);
  });

  it('is asked four times and no more while it drops every connection', async () => {
    const api = await connect();
    kube.store.faults.away = 'reset';
    waits.length = 0;
    await expect(api.mirror(web, signal)).rejects.toMatchObject({ code: 'ClusterUnreachable' });
    expect(waits).toEqual([300, 600, 1200]);
  });

  it('is left at once when the caller gives up', async () => {
    const api = await connect();
    kube.store.faults.away = 'hang';
    const controller = new AbortController();
    const run = api.mirror(web, controller.signal);
    controller.abort(new Error('interrupted'));
    await expect(run).rejects.toThrow('interrupted');
  });

  it('is unreachable when nothing listens, and the message names the place', async () => {
    const api = await connect();
    await kube.refuse();
    await expect(api.mirror(web, signal)).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining(`127.0.0.1:${kube.port} takes no connection (ECONNREFUSED).`),
    });
    await kube.accept();
  });

  it('says that the definitions are missing, and the way', async () => {
    kube.store.faults.missingCrds = true;
    await expect((await connect()).mirror(web, signal)).rejects.toMatchObject({
      code: 'MirrorFailed',
      exitCode: 7,
      message: expect.stringContaining('does not know the resource azureidentities.aadpodidentity.k8s.io'),
      hint: hintText(expect.stringContaining('podid enable')),
    });
  });

  it.each([
    ['get', 'get azureidentities.aadpodidentity.k8s.io in namespace shop'],
    ['create', 'create azureidentities.aadpodidentity.k8s.io in namespace shop'],
  ])('names verb, resource and namespace when it forbids to %s', async (verb, words) => {
    kube.store.faults.deny = [{ verb, resource: 'azureidentities', namespace: 'shop' }];
    await expect((await connect()).mirror(web, signal)).rejects.toMatchObject({
      code: 'MirrorFailed',
      exitCode: 6,
      message: `The cluster does not let you ${words}.`,
    });
  });

  it('does not accept a token, and the token is nowhere in what is said', async () => {
    const wrong = 'wrong-token-that-nobody-may-print';
    const api = await connect({ fetchUserKubeconfig: async () => kubeconfig(kube.url, { token: wrong }) });
    const error = await api.mirror(web, signal).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'MirrorFailed', exitCode: 6 });
    expect(everythingIn(error)).not.toContain(wrong);
  });

  it.each(['reset', '503', 'html', 'truncated'] as const)(
    'keeps the token out of every error (%s)',
    async (away) => {
      const api = await connect();
      kube.store.faults.away = away;
      const error = await api.mirror(web, signal).catch((caught: unknown) => caught);
      expect(error).toBeInstanceOf(Error);
      expect(everythingIn(error)).not.toContain(token);
    },
  );

  it('is not followed when it sends elsewhere, and the token is not sent on', async () => {
    const seen: string[] = [];
    const elsewhere = await listening((request, response) => {
      seen.push(request.url ?? '');
      response.end('{}');
    });
    const redirecting = await listening((_request, response) =>
      response.writeHead(307, { location: elsewhere.url }).end(),
    );
    const api = await connect({ fetchUserKubeconfig: async () => kubeconfig(redirecting.url) });
    await expect(api.read(signal)).rejects.toMatchObject({ code: 'ClusterUnreachable', exitCode: 7 });
    expect(seen).toEqual([]);
    await Promise.all([elsewhere.close(), redirecting.close()]);
  });
});

describe('connecting with a kubeconfig of the user', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-mirror-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('runs its plugin once for all requests, and asks Azure for nothing', async () => {
    const runs = join(folder, 'runs');
    const script = `require('fs').appendFileSync(${JSON.stringify(runs)}, 'x');
      console.log(JSON.stringify({ status: { token: ${JSON.stringify(token)} } }))`;
    const path = join(folder, 'config');
    await writeFile(path, kubeconfig(kube.url, { exec: { ...plugin, args: ['-e', script] } }));
    const api = await connect({
      kubeconfigPath: path,
      fetchUserKubeconfig: () => Promise.reject(new Error('asked Azure')),
    });
    const identities = Array.from({ length: 20 }, (_, index) => entry(`e${index}`));
    expect(await api.mirror(asked({ identities }), signal)).toHaveLength(40);
    expect(await readFile(runs, 'utf8')).toBe('x');
  });

  it('ends a plugin that does not end in time', async () => {
    const path = join(folder, 'config');
    const args = ['-e', 'setInterval(() => {}, 1000)'];
    await writeFile(path, kubeconfig(kube.url, { exec: { ...plugin, args } }));
    await expect(connect({ kubeconfigPath: path, timeoutMs: 300 })).rejects.toMatchObject({
      code: 'ClusterUnreachable',
      message: expect.stringContaining('did not end within 0.3 s'),
    });
  });
});

const plugin = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: process.execPath };

/** All text that an error could carry to a terminal or a log. */
function everythingIn(error: unknown): string {
  const { message, stack, cause, ...rest } = error as Error & Record<string, unknown>;
  return JSON.stringify([message, stack, rest, cause === undefined ? '' : everythingIn(cause)]);
}

async function listening(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
