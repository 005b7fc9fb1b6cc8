import { describe, expect, it } from 'vitest';
import {
  azureIdentity,
  binding,
  exception,
  identityOf,
  nodeIdentity,
  pod,
  resource,
  seedShop,
  startWorld,
  tokenTarget,
  until,
} from './agent-world.ts';

describe('a pod that asks for a token', () => {
  it("gets its own identity's, in IMDS's shape", async () => {
    await using world = await startWorld({ before: seedShop });
    const answer = await world.ask();
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.json)).toEqual([
      'access_token',
      'client_id',
      'expires_in',
      'expires_on',
      'ext_expires_in',
      'not_before',
      'resource',
      'token_type',
    ]);
    expect(answer.json).toMatchObject({
      client_id: identityOf('web').clientId,
      resource,
      token_type: 'Bearer',
    });
    for (const number of ['expires_in', 'expires_on', 'ext_expires_in', 'not_before']) {
      expect(answer.json[number]).toMatch(/^\d+$/);
    }
    expect(Number(answer.headers['content-length'])).toBe(answer.text.length);
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  it('is served from memory the second time, and logged once', async () => {
    await using world = await startWorld({ before: seedShop });
    await world.ask();
    const answers = await Promise.all(Array.from({ length: 20 }, () => world.ask()));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(world.imds.issued()).toMatchObject([{ clientId: identityOf('web').clientId, count: 1 }]);
    const lines = world.log.filter(({ msg }) => msg === 'decided');
    expect(lines.map((line) => line['from'])).toEqual(['upstream', 'memory']);
    expect(JSON.stringify(world.log)).not.toContain(answers[0]?.json['access_token']);
  });

  it('gets the reason when nothing is bound to it', async () => {
    await using world = await startWorld({ before: seedShop });
    const answer = await world.ask({ from: '127.0.0.8' });
    expect(answer.status).toBe(400);
    expect(answer.json['error']).toBe('invalid_request');
    expect(answer.json['error_description']).toMatch(/^Identity not found\..*aadpodidbinding.*podid add/s);
    expect(world.imds.issued()).toEqual([]);
  });

  it('is asked to come back while it is young and its binding has not arrived', async () => {
    await using world = await startWorld({
      before: ({ store }) =>
        void store.seed(
          pod({ name: 'new', ip: '127.0.0.9', labels: { aadpodidbinding: 'new' }, createdMs: Date.now() }),
        ),
    });
    const answer = await world.ask({ from: '127.0.0.9' });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });

  it('loses access within a second of its binding, cached token or not', async () => {
    await using world = await startWorld({ before: seedShop });
    expect((await world.ask()).status).toBe(200);
    world.kube.store.remove('AzureIdentityBinding', 'shop', 'web-binding');
    const removedAt = performance.now();
    await until(async () => ((await world.ask()).status === 400 ? true : undefined));
    expect(performance.now() - removedAt).toBeLessThan(1_000);
  });

  it('gets what it asks for among its own, and nothing else', async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(azureIdentity('api'));
        kube.store.seed(binding('api', 'web'));
      },
    });
    const api = identityOf('api');
    const byClient = await world.ask({ target: `${tokenTarget}&client_id=${api.clientId.toUpperCase()}` });
    const byResource = await world.ask({
      target: `${tokenTarget}&mi_res_id=${encodeURIComponent(api.resourceId.toUpperCase())}`,
    });
    const foreign = await world.ask({ target: `${tokenTarget}&client_id=${nodeIdentity.clientId}` });
    const byObject = await world.ask({ target: `${tokenTarget}&object_id=${api.objectId}` });
    expect([byClient.json['client_id'], byResource.json['client_id']]).toEqual([api.clientId, api.clientId]);
    expect([foreign.status, byObject.status]).toEqual([400, 400]);
    expect(world.imds.issued().map(({ clientId }) => clientId)).not.toContain(nodeIdentity.clientId);
  });

  it('never gets the identity of the node through an identity that names nobody', async () => {
    await using world = await startWorld({
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(azureIdentity('web', { clientID: '', resourceID: '' }));
      },
    });
    expect((await world.ask()).status).toBe(400);
    expect(world.imds.issued()).toEqual([]);
  });

  it('is answered as the node when it is excepted', async () => {
    await using world = await startWorld({
      before: (kube) => {
        kube.store.seed(exception('legacy', { app: 'legacy' }));
        kube.store.seed(pod({ name: 'legacy', ip: '127.0.0.9', labels: { app: 'LEGACY' } }));
      },
    });
    const plain = await world.ask({ from: '127.0.0.9' });
    const { resourceId, clientId } = identityOf('api');
    const chosen = await world.ask({
      from: '127.0.0.9',
      target: `${tokenTarget}&msi_res_id=${encodeURIComponent(resourceId)}`,
    });
    const info = await world.ask({
      from: '127.0.0.9',
      target: '/metadata/identity/info?api-version=2018-02-01',
    });
    expect(plain.json['client_id']).toBe(nodeIdentity.clientId);
    expect(chosen.json['client_id']).toBe(clientId);
    expect(info.status).toBe(200);
  });
});

describe('an identity that no pod is to have', () => {
  const { clientId, resourceId } = identityOf('web');
  const flags = [`--refuse-client-ids=x, ${clientId.toUpperCase()}`];

  it.each([
    ['both its ids', {}, 0],
    ['its client id', { resourceID: '' }, 0],
    ['the client id with the resource id of another', { resourceID: identityOf('api').resourceId }, 0],
    ['its resource id, so that IMDS alone knows whose it is', { clientID: '' }, 1],
  ])('is refused to a pod whose AzureIdentity has %s', async (_, spec, asked) => {
    await using world = await startWorld({
      flags,
      before: (kube) => {
        seedShop(kube);
        kube.store.seed(azureIdentity('web', spec));
      },
    });
    for (const _again of [1, 2]) {
      const answer = await world.ask();
      expect(answer.status).toBe(403);
      expect(answer.text).not.toContain('access_token');
    }
    expect(world.imds.issued()).toHaveLength(asked);
    const driver = { Connection: 'keep-alive', podns: 'shop', podname: 'web' };
    const host = `/host/token/?resource=${resource}`;
    expect((await world.ask({ from: '127.0.0.1', target: host, headers: driver })).status).toBe(403);
  });

  it('is there for an excepted pod, and others for the pods that are bound to them', async () => {
    await using world = await startWorld({
      flags,
      before: (kube) => {
        for (const each of [
          azureIdentity('api'),
          binding('api', 'api'),
          exception('legacy', { app: 'legacy' }),
        ]) {
          kube.store.seed(each);
        }
        kube.store.seed(pod({ name: 'legacy', ip: '127.0.0.9', labels: { app: 'legacy' } }));
        kube.store.seed(pod({ name: 'api', ip: '127.0.0.7', labels: { aadpodidbinding: 'api' } }));
      },
    });
    const target = `${tokenTarget}&msi_res_id=${encodeURIComponent(resourceId)}`;
    expect((await world.ask({ from: '127.0.0.9', target })).json['client_id']).toBe(clientId);
    expect((await world.ask()).json['client_id']).toBe(identityOf('api').clientId);
  });
});

describe('the Key Vault driver', () => {
  /** Go's client keeps connections. */
  const driver = { 'User-Agent': 'Go-http-client/1.1', Connection: 'keep-alive' };
  const headers = { podns: 'shop', podname: 'web', ...driver };
  const target = `/host/token/?resource=${resource}`;

  it('gets the token of the pod it names, with the client id', async () => {
    await using world = await startWorld({ before: seedShop });
    const answer = await world.ask({ from: '127.0.0.1', target, headers });
    const { clientId } = identityOf('web');
    expect(answer).toMatchObject({
      status: 200,
      json: { clientid: clientId, token: { client_id: clientId } },
    });
  });

  it('gets 404 for a pod without an identity, and needs no Metadata header', async () => {
    await using world = await startWorld({ before: seedShop });
    const answer = await world.ask({
      from: '127.0.0.1',
      target,
      headers: { podns: 'shop', podname: 'plain', Metadata: '', ...driver },
    });
    expect(answer.status).toBe(404);
  });

  it.each([
    ['a probe', { 'User-Agent': 'kube-probe/1.33' }],
    ['a hook', { 'User-Agent': 'kube-lifecycle/1.33' }],
    ['a probe that has no name', { Connection: 'close' }],
    ['a probe by another name', { 'User-Agent': 'Go-http-client/1.1', Connection: 'close' }],
    ['a probe that asks for another protocol', { 'User-Agent': 'x', Connection: 'upgrade', Upgrade: 'h3' }],
  ])('is not the kubelet, to which nobody is bound: %s', async (_, ofKubelet) => {
    await using world = await startWorld({ before: seedShop });
    const answers = [];
    for (const podname of ['web', 'plain', 'nobody']) {
      const asked = { podns: 'shop', podname, ...ofKubelet };
      const { status, text, headers: sent } = await world.ask({ from: '127.0.0.1', target, headers: asked });
      answers.push({ status, text, retryAfter: sent['retry-after'] });
    }
    expect(answers[0]).toMatchObject({ status: 403 });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(world.imds.issued()).toEqual([]);
  });

  it('is nobody where that is switched off', async () => {
    await using world = await startWorld({ before: seedShop, flags: ['--host-token=off'] });
    const answer = await world.ask({ from: '127.0.0.1', target, headers });
    expect(answer).toMatchObject({ status: 403 });
    expect(world.imds.issued()).toEqual([]);
  });

  it('is nobody but a process of the node', async () => {
    await using world = await startWorld({ before: seedShop });
    expect((await world.ask({ from: '127.0.0.7', target, headers })).status).toBe(403);
    expect((await world.ask({ from: '127.0.0.1', target, headers: driver })).status).toBe(400);
  });
});
