import { describe, expect, it } from 'vitest';
import type { PodIdentity } from '../../../src/domain/entries/pod-identity.ts';
import type { MirrorRequest } from '../../../src/domain/kubernetes/cluster-objects.ts';
import { crdMissingCode } from '../../../src/domain/kubernetes/cluster-objects.ts';
import { advice } from '../../../src/errors/hint.ts';
import { PodidError } from '../../../src/errors/podid-error.ts';
import { mirrorObjects } from '../../../src/k8s/mirror/mirror-objects.ts';
import { renderIdentity } from '../../../src/k8s/objects/render-objects.ts';
import { hintText } from '../../hint-text.ts';
import { live, manager, objectsInMemory, specFields } from '../objects-in-memory.ts';

const { signal } = new AbortController();

function entry(name: string, namespace = 'shop'): PodIdentity {
  const identity = { resourceId: `/subscriptions/S/x/${name}`, clientId: `client-${name}`, objectId: 'o' };
  return { namespace, name, bindingSelector: name, identity };
}

function asked(changes: Partial<MirrorRequest>): MirrorRequest {
  const nothing = { identities: [], exceptions: [], goneIdentities: [], goneExceptions: [] };
  return { ...nothing, prune: false, force: false, dryRun: false, ...changes };
}

function ownObjects(name: string) {
  return renderIdentity(entry(name)).map((object) => {
    const fields = specFields(...Object.keys(object.spec));
    return [object, live(object, [manager('podid', fields, 'Apply')])] as const;
  });
}

describe('mirroring objects', () => {
  it('writes the identity before its binding and answers in the order of the request', async () => {
    const { api, asked: calls } = objectsInMemory();
    const changes = await mirrorObjects(
      api,
      asked({
        identities: [entry('b'), entry('a')],
        exceptions: [{ namespace: 'shop', name: 'x', podLabels: { app: 'x' } }],
      }),
      signal,
    );
    expect(changes.map(({ kind, name, action }) => `${action} ${kind} ${name}`)).toEqual([
      'create AzureIdentity b',
      'create AzureIdentityBinding b-binding',
      'create AzureIdentity a',
      'create AzureIdentityBinding a-binding',
      'create AzurePodIdentityException x',
    ]);
    expect(calls.indexOf('create AzureIdentity shop/a')).toBeLessThan(
      calls.indexOf('create AzureIdentityBinding shop/a-binding'),
    );
  });

  it('writes over nothing that is not as it was read, where it is told how that was', async () => {
    const own = ownObjects('web').map(([object, found]) => [object, { ...found, spec: {} }] as const);
    const wanted = { identities: [entry('web')] };
    const expected = { 'AzureIdentity shop/web': '7', 'AzureIdentityBinding shop/web-binding': '7' };
    const fresh = objectsInMemory(own);
    const changes = await mirrorObjects(fresh.api, asked({ ...wanted, expected }), signal);
    expect(changes.map(({ action }) => action)).toEqual(['update', 'update']);
    for (const stale of [{}, { ...expected, 'AzureIdentity shop/web': '6' }]) {
      const { api, asked: calls } = objectsInMemory(own);
      const mirrored = mirrorObjects(api, asked({ ...wanted, expected: stale }), signal);
      await expect(mirrored).rejects.toMatchObject({ code: 'StaleCluster', target: 'shop/web' });
      expect(calls).toEqual([]);
    }
    const gone = asked({ goneIdentities: [entry('web')], expected: {} });
    await expect(mirrorObjects(objectsInMemory(own).api, gone, signal)).rejects.toMatchObject({
      code: 'StaleCluster',
    });
  });

  it('runs eight entries at once and no more', async () => {
    let running = 0;
    let most = 0;
    const { api } = objectsInMemory([], {
      async create() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return 'done';
      },
    });
    const identities = Array.from({ length: 50 }, (_, index) => entry(`e${index}`));
    const changes = await mirrorObjects(api, asked({ identities }), signal);
    expect(most).toBe(8);
    expect(changes.filter(({ kind }) => kind === 'AzureIdentity').map(({ name }) => name)).toEqual(
      identities.map(({ name }) => name),
    );
  });

  it('lists many objects instead of getting each, and reads anew what changed since', async () => {
    let stale = true;
    const gets: string[] = [];
    const tells: number[] = [];
    const { api, asked: calls } = objectsInMemory([], {
      async get(key) {
        gets.push(key.name);
        return undefined;
      },
      async create({ name }) {
        if (name !== 'e3' || !stale) {
          return 'done';
        }
        stale = false;
        return 'exists';
      },
    });
    const identities = Array.from({ length: 50 }, (_, index) => entry(`e${index}`));
    await mirrorObjects(api, asked({ identities }), signal, (done) => tells.push(done));
    expect(gets).toEqual(['e3']);
    expect(tells).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(calls).toEqual([]);
  });

  it('gets each of many objects where listing is forbidden', async () => {
    const gets: string[] = [];
    const { api } = objectsInMemory([], {
      list: () => Promise.reject(new PodidError('MirrorFailed', 'no', { exitCode: 6 })),
      async get(key) {
        gets.push(key.name);
        return undefined;
      },
    });
    const identities = Array.from({ length: 50 }, (_, index) => entry(`e${index}`));
    const changes = await mirrorObjects(api, asked({ identities }), signal);
    expect(gets).toHaveLength(100);
    expect(changes.every(({ action }) => action === 'create')).toBe(true);
  });

  it('deletes of a gone entry the binding before the identity, at the version that was looked at', async () => {
    const { api, asked: calls } = objectsInMemory(ownObjects('web'));
    const changes = await mirrorObjects(
      api,
      asked({ goneIdentities: [{ namespace: 'shop', name: 'web' }] }),
      signal,
    );
    expect(calls).toEqual([
      'delete@7 AzureIdentityBinding shop/web-binding',
      'delete@7 AzureIdentity shop/web',
    ]);
    expect(changes.map(({ action }) => action)).toEqual(['delete', 'delete']);
  });

  it('keeps what is wanted and gone at the same time, and is silent about what was not there', async () => {
    const { api, asked: calls } = objectsInMemory(ownObjects('web'));
    const gone = [entry('web'), entry('never')];
    const changes = await mirrorObjects(
      api,
      asked({ identities: [entry('web')], goneIdentities: gone }),
      signal,
    );
    expect(changes.map(({ action }) => action)).toEqual(['same', 'same']);
    expect(calls).toEqual([]);
  });

  it('never touches the exception of the add-on', async () => {
    const key = { namespace: 'kube-system', name: 'aks-addon-exception' };
    const { api, asked: calls } = objectsInMemory([], {
      get: () => Promise.reject(new Error('asked for the exception of the add-on')),
    });
    const wanted = asked({ exceptions: [{ ...key, podLabels: {} }], goneExceptions: [key], force: true });
    expect(await mirrorObjects(api, wanted, signal)).toEqual([]);
    expect(calls).toEqual([]);
  });

  it('leaves an entry pending whose namespace is missing, and says so', async () => {
    const { api } = objectsInMemory([], { create: async () => 'namespaceMissing' });
    const changes = await mirrorObjects(api, asked({ identities: [entry('web')] }), signal);
    expect(changes.map(({ action }) => action)).toEqual(['pending', 'pending']);
    expect(changes[0]?.reason).toBe('Namespace shop does not exist yet');
  });

  it('looks again when someone else was faster, and gives up on an object that never rests', async () => {
    const { api, asked: calls, stored } = objectsInMemory();
    const [rendered] = renderIdentity(entry('web'));
    let races = 0;
    const create: typeof api.create = async (object) => {
      races += 1;
      if (object.kind === 'AzureIdentity') {
        stored.set('AzureIdentity shop/web', live(rendered, [manager('helm', {})]));
        return 'exists';
      }
      return 'exists';
    };
    const run = mirrorObjects({ ...api, create }, asked({ identities: [entry('web')] }), signal);
    await expect(run).rejects.toMatchObject({
      code: 'MirrorFailed',
      exitCode: 7,
      target: 'shop/web-binding',
    });
    expect(races).toBe(6);
    expect(calls).toEqual([]);
  });

  it('claims, then applies at the new version', async () => {
    const [rendered] = renderIdentity(entry('web'));
    const found = live(rendered, [manager('podid', specFields('clientID'))], { spec: { clientID: 'old' } });
    const { api, asked: calls } = objectsInMemory([[rendered, found]]);
    await mirrorObjects(api, asked({ identities: [entry('web')] }), signal);
    expect(calls.slice(0, 2)).toEqual(['claim AzureIdentity shop/web', 'apply@8 AzureIdentity shop/web']);
  });

  it('sends nothing but dry runs under dryRun, claims not at all', async () => {
    const [rendered] = renderIdentity(entry('web'));
    const found = live(rendered, [manager('podid', specFields('clientID'))], { spec: { clientID: 'old' } });
    const { api, asked: calls } = objectsInMemory([[rendered, found], ...ownObjects('old')]);
    const request = asked({ identities: [entry('web')], goneIdentities: [entry('old')], dryRun: true });
    const changes = await mirrorObjects(api, request, signal);
    expect(changes.map(({ action }) => action)).toEqual(['update', 'create', 'delete', 'delete']);
    expect(calls).toHaveLength(4);
    expect(calls.filter((call) => !call.includes(' dry '))).toEqual([]);
  });

  it('goes on past an entry that is forbidden, and fails with 6 when all that failed was forbidden', async () => {
    const forbidden = new PodidError('MirrorFailed', 'The cluster forbids it.', {
      exitCode: 6,
      hint: advice`kubectl`,
    });
    const { api, asked: calls } = objectsInMemory();
    const create: typeof api.create = (object, options) =>
      object.namespace === 'closed' ? Promise.reject(forbidden) : api.create(object, options);
    const identities = [entry('a', 'closed'), entry('b', 'closed'), entry('c')];
    const run = mirrorObjects({ ...api, create }, asked({ identities, prune: true }), signal);
    await expect(run).rejects.toMatchObject({ code: 'MirrorFailed', exitCode: 6, hint: hintText('kubectl') });
    await expect(run).rejects.toThrow('2 entries could not be mirrored. The cluster forbids it.');
    expect(calls).toEqual(['create AzureIdentity shop/c', 'create AzureIdentityBinding shop/c-binding']);
  });

  it.each([
    [
      'the definitions are missing',
      new PodidError('MirrorFailed', 'x', { details: [{ code: crdMissingCode, message: '' }] }),
    ],
    ['the API server is away', new PodidError('ClusterUnreachable', 'x')],
  ])('stops at once when %s', async (_why, error) => {
    let reads = 0;
    const fail = () => {
      reads += 1;
      return Promise.reject(error);
    };
    const { api } = objectsInMemory([], { get: fail, list: fail });
    for (const length of [10, 200]) {
      const identities = Array.from({ length }, (_, index) => entry(`e${index}`));
      reads = 0;
      await expect(mirrorObjects(api, asked({ identities }), signal)).rejects.toBe(error);
      expect(reads).toBeLessThanOrEqual(8);
    }
  });
});
