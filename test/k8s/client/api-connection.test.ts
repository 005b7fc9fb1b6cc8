import { getEventListeners } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { type ApiEndpoint, inClusterEndpoint, tokenFromFile } from '../../../src/k8s/client/api-endpoint.ts';
import { kubeconfigReader } from '../../../src/k8s/client/kubeconfig-endpoint.ts';
import { readSecret } from '../../../src/nmi/cluster/read-secret.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const cleanUps: (() => Promise<unknown> | unknown)[] = [];
const signal = new AbortController().signal;
/** As much of a watch's events as these tests look at. */
const kept = { shape: { metadata: { name: 'kept' } }, mostBytes: 1_000 } as const;

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'podid-api-'));
  cleanUps.push(() => rm(path, { recursive: true }));
  return path;
}

async function served(
  listener: RequestListener,
  token: ApiEndpoint['token'] = () => Promise.resolve(undefined),
) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const endpoint = { server: `http://127.0.0.1:${port}`, tls: {}, token };
  const connection = createApiConnection({
    endpoint,
    userAgent: 'podid-nmi/test',
    timeoutMs: 300,
    clock: systemClock(),
  });
  cleanUps.push(() => connection.close());
  return { connection, seen, server: endpoint.server };
}

describe('a connection to the API server', () => {
  it('sends the token that the file holds at the moment', async () => {
    const file = join(await folder(), 'token');
    await writeFile(file, 'first\n');
    const { connection, seen } = await served(
      (_request, response) => void response.end('{}'),
      tokenFromFile(file),
    );
    await connection.getJson('/a', signal);
    await writeFile(file, 'second\n');
    await connection.getJson('/b', signal);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer first', 'Bearer second']);
    expect(seen[0]?.headers['user-agent']).toBe('podid-nmi/test');
  });

  it.each([301, 302, 307, 308])('takes the token to no other server: %s', async (status) => {
    const other = await served((_request, response) => void response.end('{}'));
    const { connection, seen } = await served(
      (_request, response) => void response.writeHead(status, { Location: other.server }).end(),
      () => Promise.resolve('T'),
    );
    await expect(connection.getJson('/a', signal)).rejects.toMatchObject({ status });
    expect([seen.length, other.seen.length]).toEqual([1, 0]);
  });

  it('sends a JSON patch as such, and reports its refusal', async () => {
    const bodies: string[] = [];
    const { connection, seen } = await served((request, response) => {
      request.on('data', (chunk) => bodies.push(String(chunk)));
      request.on('end', () => void response.writeHead(request.url === '/a' ? 200 : 422).end('{}'));
    });
    const patch = [{ op: 'remove', path: '/spec/taints/0' }] as const;
    await connection.patchJson('/a', patch, signal);
    expect(seen[0]).toMatchObject({
      method: 'PATCH',
      headers: { 'content-type': 'application/json-patch+json' },
    });
    expect(bodies).toEqual([JSON.stringify(patch)]);
    await expect(connection.patchJson('/b', patch, signal)).rejects.toMatchObject({
      status: 422,
      message: 'PATCH /b was answered 422.',
    });
  });

  it("reports status and the server's sentence of a refusal, and nothing of the token", async () => {
    const { connection } = await served(
      (_request, response) =>
        void response
          .writeHead(403)
          .end(JSON.stringify({ kind: 'Status', message: 'user cannot list pods' })),
      () => Promise.resolve('the-secret'),
    );
    const failure = await connection.getJson('/api/v1/pods?x=1', signal).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      status: 403,
      message: 'GET /api/v1/pods was answered 403: user cannot list pods.',
    });
    expect(String(failure)).not.toContain('the-secret');
  });

  it('waits for an answer no longer than it may, and for the start of a watch as well', async () => {
    const { connection } = await served(() => undefined);
    await expect(connection.getJson('/a', signal)).rejects.toThrow('did not answer within 300 ms');
    await expect(connection.stream('/a', { ...kept, silenceMs: 60_000, signal }).next()).rejects.toThrow(
      'did not answer within 300 ms',
    );
  });

  it('reads events however they are cut, and characters of several bytes, and what is kept of each', async () => {
    const { connection } = await served((_request, response) => {
      const events = [
        '{"type":"ADDED","object":{"metadata":{"name":"ü","uid":1},"spec":{}}}\n',
        '\n',
        '{"type":',
      ];
      for (const byte of Buffer.from(events.join(''))) {
        response.write(Buffer.of(byte));
      }
      response.end('"ERROR","object":{"kind":"Status","code":410}}\n');
    });
    const events: unknown[] = [];
    for await (const { json } of connection.stream('/a', { ...kept, silenceMs: 5_000, signal })) {
      events.push(json);
    }
    expect(events).toEqual([
      { type: 'ADDED', object: { metadata: { name: 'ü' } } },
      { type: 'ERROR', object: { code: 410 } },
    ]);
  });

  it('reads a list object by object, takes no more of one than there is room for, and no list of half', async () => {
    const large = { metadata: { name: 'x'.repeat(1_500_000) } };
    const list = { metadata: { resourceVersion: '7' }, items: [{ metadata: { name: 'a' } }, large, {}] };
    const text = JSON.stringify(list);
    const { connection } = await served(
      (request, response) => void response.end(request.url === '/half' ? text.slice(0, -2) : text),
    );
    const items: unknown[] = [];
    const options = { ...kept, signal, onItem: (item: unknown) => void items.push(item) };
    expect(await connection.list('/a', options)).toEqual({ metadata: { resourceVersion: '7' }, items: [] });
    expect(items).toEqual([
      { json: { metadata: { name: 'a' } }, isCut: false },
      { json: { metadata: { name: null } }, isCut: true },
      { json: {}, isCut: false },
    ]);
    expect(await connection.list('/half', options)).toBeUndefined();
  });

  it('outlives, while a watch is open, the time that its start may take', async () => {
    const { connection } = await served((_request, response) => {
      response.write('{"type":"1"}\n');
      const later = setTimeout(() => response.end('{"type":"2"}\n'), 600);
      response.on('close', () => clearTimeout(later));
    });
    const stream = connection.stream('/a', { ...kept, silenceMs: 5_000, signal });
    const types = [(await stream.next()).value, (await stream.next()).value];
    expect(types).toMatchObject([{ json: { type: '1' } }, { json: { type: '2' } }]);
  });

  it('ends a watch when its caller does', async () => {
    const { connection } = await served((_request, response) => void response.write('{"a":1}\n'));
    const stop = new AbortController();
    const stream = connection.stream('/a', { ...kept, silenceMs: 60_000, signal: stop.signal });
    await stream.next();
    const next = stream.next();
    stop.abort(new Error('enough'));
    await expect(next).rejects.toThrow();
  });

  it('leaves nothing on the signal of its caller, once a watch has ended or was refused', async () => {
    const { connection } = await served((request, response) => {
      response.writeHead(request.url === '/ends' ? 200 : 403).end('{"type":"1"}\n');
    });
    const { signal: ofAgent } = new AbortController();
    for await (const line of connection.stream('/ends', { ...kept, silenceMs: 1_000, signal: ofAgent })) {
      expect(line.json).toEqual({ type: '1' });
    }
    await expect(
      connection.stream('/refused', { ...kept, silenceMs: 1_000, signal: ofAgent }).next(),
    ).rejects.toMatchObject({ status: 403 });
    expect(getEventListeners(ofAgent, 'abort')).toEqual([]);
  });

  it('reads a secret, and knows a missing one from a refusal', async () => {
    let status = 200;
    const { connection, seen } = await served(
      (_request, response) => void response.writeHead(status).end(JSON.stringify({ data: { k: 'eA==' } })),
    );
    const secret = { namespace: 'shop', name: 'a/../b' };
    expect(await readSecret(connection, secret, signal)).toEqual({ k: Uint8Array.of(120) });
    expect(seen[0]?.url).toBe('/api/v1/namespaces/shop/secrets/a%2F..%2Fb');
    status = 404;
    expect(await readSecret(connection, secret, signal)).toBeUndefined();
    status = 403;
    await expect(readSecret(connection, secret, signal)).rejects.toMatchObject({ status: 403 });
  });
});

describe('where the API server is', () => {
  it('is said by the service account inside a cluster', async () => {
    const accountDir = await folder();
    const pod = { host: 'fd00::1', port: '6443' };
    await expect(inClusterEndpoint(pod, accountDir)).rejects.toMatchObject({ code: 'InvalidKubeconfig' });
    await writeFile(join(accountDir, 'ca.crt'), 'CA');
    await writeFile(join(accountDir, 'token'), ' T \n');
    const endpoint = await inClusterEndpoint(pod, accountDir);
    expect(endpoint).toMatchObject({ server: 'https://[fd00::1]:6443', tls: { ca: 'CA' } });
    expect(await endpoint.token()).toBe('T');
  });

  async function kubeconfig(user: Record<string, unknown>, cluster: Record<string, unknown> = {}) {
    const path = join(await folder(), 'config');
    const text = JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://api:443/', ...cluster } }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    });
    await writeFile(path, text);
    return path;
  }

  it('is said by the current context of a kubeconfig', async () => {
    const [ca = ''] = rootCertificates;
    const caData = Buffer.from(ca).toString('base64');
    const path = await kubeconfig(
      { token: 'T' },
      { 'certificate-authority-data': caData, 'tls-server-name': 'kubernetes' },
    );
    const endpoint = await kubeconfigReader(path)();
    expect(endpoint).toMatchObject({
      server: 'https://api:443',
      tls: { ca, servername: 'kubernetes' },
    });
    expect(await endpoint.token()).toBe('T');
  });

  it('is not said by a certificate that cannot be used', async () => {
    const user = { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' };
    await expect(kubeconfigReader(await kubeconfig(user))()).rejects.toMatchObject({
      code: 'InvalidKubeconfig',
      message: expect.stringContaining('holds a certificate or key that cannot be used'),
    });
  });

  it('is read beside the kubeconfig where that names files', async () => {
    const path = await kubeconfig({ tokenFile: 'token' }, { 'insecure-skip-tls-verify': true });
    await writeFile(join(path, '..', 'token'), 'T2\n');
    const endpoint = await kubeconfigReader(path)();
    expect(endpoint.tls).toEqual({ rejectUnauthorized: false });
    expect(await endpoint.token()).toBe('T2');
  });

  it.each([
    [{ exec: { command: 'kubelogin', apiVersion: 'client.authentication.k8s.io/v1' } }, /exec/],
    [{ 'auth-provider': { name: 'azure' } }, /auth-provider/],
    [{ username: 'a', password: 'b' }, /password/],
    [{ as: 'admin' }, /impersonation/],
  ])('is not learnt by %j', async (user, reason) => {
    await expect(kubeconfigReader(await kubeconfig(user))()).rejects.toThrow(reason);
  });
});
