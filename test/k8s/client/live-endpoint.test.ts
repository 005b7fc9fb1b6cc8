import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { inClusterEndpoint } from '../../../src/k8s/client/api-endpoint.ts';
import { kubeconfigReader } from '../../../src/k8s/client/kubeconfig-endpoint.ts';
import type { ReadEndpoint } from '../../../src/k8s/client/live-endpoint.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const signal = new AbortController().signal;
let folder: string;
const at = (name: string) => join(folder, name);
const read = (name: string) => readFileSync(at(name), 'utf8');
const pair = (name: string) => ({ key: read(`${name}.key`), cert: read(`${name}.crt`) });
/** In one step, as the kubelet and careful programs do it. */
const put = (name: string, text: string) => {
  writeFileSync(at(`${name}.draft`), text);
  renameSync(at(`${name}.draft`), at(name));
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'podid-live-'));
  for (const name of ['first', 'second', 'client1', 'client2']) {
    const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`;
    const files = [
      '-addext',
      'subjectAltName=IP:127.0.0.1',
      '-keyout',
      at(`${name}.key`),
      '-out',
      at(`${name}.crt`),
    ];
    execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'pipe' });
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    cleanUp();
  }
});

async function startServer(): Promise<Server> {
  const server = createServer(
    { ...pair('first'), requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const client = (request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? '';
      response.end(JSON.stringify({ client, token: request.headers.authorization ?? '' }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

function connect(readAgain: ReadEndpoint, endpoint: Awaited<ReturnType<ReadEndpoint>>) {
  const connection = createApiConnection({
    endpoint,
    readAgain,
    userAgent: 'test',
    timeoutMs: 5_000,
    clock: systemClock(),
  });
  cleanUps.push(() => connection.close());
  return connection;
}

interface Files {
  readonly authority?: string;
  readonly user?: object;
}

function writeKubeconfig(server: Server, { authority = read('first.crt'), user = {} }: Files = {}): string {
  const { port } = server.address() as AddressInfo;
  const cluster = {
    server: `https://127.0.0.1:${port}`,
    'certificate-authority-data': Buffer.from(authority).toString('base64'),
  };
  put(
    'config',
    JSON.stringify({
      clusters: [{ name: 'c', cluster }],
      users: [{ name: 'u', user }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
  return at('config');
}

/** The service account of a pod, whose authority is the first. */
function inPod(server: Server): ReadEndpoint {
  put('ca.crt', read('first.crt'));
  put('token', 'T1');
  const { port } = server.address() as AddressInfo;
  return () => inClusterEndpoint({ host: '127.0.0.1', port: `${port}` }, folder);
}

/** A kubeconfig whose user has a certificate and a token, all in files. */
function byFiles(server: Server): ReadEndpoint {
  put('c.crt', read('client1.crt'));
  put('c.key', read('client1.key'));
  put('token', 'T1');
  const user = { 'client-certificate': 'c.crt', 'client-key': 'c.key', tokenFile: 'token' };
  const path = writeKubeconfig(server, { user });
  return kubeconfigReader(path);
}

describe('a connection that lives for months', () => {
  it.each<[string, (server: Server) => ReadEndpoint, (server: Server) => void]>([
    ['ca.crt of the service account', inPod, () => put('ca.crt', read('second.crt'))],
    [
      'the authority in a kubeconfig',
      (server) => {
        const path = writeKubeconfig(server);
        return kubeconfigReader(path);
      },
      (server) => void writeKubeconfig(server, { authority: read('second.crt') }),
    ],
    [
      'ca.crt of the service account, which trusts both for a while',
      inPod,
      () => put('ca.crt', `${read('first.crt')}${read('second.crt')}`),
    ],
    [
      'ca.crt behind a link, as the kubelet mounts it',
      (server) => {
        const readAgain = inPod(server);
        rmSync(at('ca.crt'));
        writeFileSync(at('ca.1'), read('first.crt'));
        symlinkSync('ca.1', at('ca.crt'));
        return readAgain;
      },
      () => {
        writeFileSync(at('ca.2'), read('second.crt'));
        symlinkSync('ca.2', at('ca.link'));
        renameSync(at('ca.link'), at('ca.crt'));
      },
    ],
  ])('takes another authority after a rotation: %s', async (_what, prepare, rotate) => {
    const server = await startServer();
    const readAgain = prepare(server);
    const connection = connect(readAgain, await readAgain());
    await connection.getJson('/a', signal);
    server.setSecureContext(pair('second'));
    server.closeAllConnections();
    await expect(connection.getJson('/b', signal)).rejects.toThrow(/self-signed|certificate/);
    rotate(server);
    expect(await connection.getJson('/c', signal)).toBeDefined();
  });

  it('sends the certificate and the token that the files hold now, and the last ones while they hold nothing', async () => {
    const server = await startServer();
    const user = { 'client-certificate': 'c.crt', 'client-key': 'c.key', tokenFile: 'token' };
    const renew = (name: string) => {
      put('c.crt', read(`${name}.crt`));
      put('c.key', read(`${name}.key`));
    };
    renew('client1');
    put('token', 'T1');
    const path = writeKubeconfig(server, { user });
    const readAgain = kubeconfigReader(path);
    const connection = connect(readAgain, await readAgain());
    expect(await connection.getJson('/a', signal)).toEqual({ client: 'client1', token: 'Bearer T1' });
    renew('client2');
    put('token', 'T2');
    expect(await connection.getJson('/b', signal)).toEqual({ client: 'client2', token: 'Bearer T2' });
    put('config', 'half a fi');
    expect(await connection.getJson('/c', signal)).toEqual({ client: 'client2', token: 'Bearer T2' });
  });

  it('makes the endpoint of a kubeconfig anew only after one of its files has changed', async () => {
    const read = byFiles(await startServer());
    const first = await read();
    expect(await read()).toBe(first);
    put('token', 'T2');
    const second = await read();
    expect(second).not.toBe(first);
    expect(await second.token()).toBe('T2');
    expect(await read()).toBe(second);
  });

  it.each<[string, (server: Server) => ReadEndpoint, () => void, object]>([
    ["the pod's token is gone", inPod, () => rmSync(at('token')), { token: 'Bearer T1' }],
    ["the pod's token is empty", inPod, () => put('token', ''), { token: 'Bearer T1' }],
    ["the pod's token is a blank line", inPod, () => put('token', '\n'), { token: 'Bearer T1' }],
    ["the pod's authority is gone", inPod, () => rmSync(at('ca.crt')), { token: 'Bearer T1' }],
    ["the pod's authority is empty", inPod, () => put('ca.crt', ''), { token: 'Bearer T1' }],
    ['the token of a kubeconfig is gone', byFiles, () => rmSync(at('token')), { token: 'Bearer T1' }],
    ['the token of a kubeconfig is empty', byFiles, () => put('token', ''), { token: 'Bearer T1' }],
    ['the certificate is empty', byFiles, () => put('c.crt', ''), { client: 'client1' }],
    [
      'the certificate is new, and its key not yet',
      byFiles,
      () => put('c.crt', read('client2.crt')),
      { client: 'client1' },
    ],
    ['the key is gone', byFiles, () => rmSync(at('c.key')), { client: 'client1' }],
  ])('goes on with what it knew while %s', async (_what, prepare, spoil, expected) => {
    const server = await startServer();
    const readAgain = prepare(server);
    const connection = connect(readAgain, await readAgain());
    await connection.getJson('/a', signal);
    spoil();
    server.closeAllConnections();
    expect(await connection.getJson('/b', signal)).toMatchObject(expected);
  });

  it.each([
    ['authority', 'ca.crt'],
    ['token', 'token'],
  ])(
    'does not begin with an empty %s, which would trust whomever the system trusts, or ask as nobody',
    async (_, file) => {
      const server = await startServer();
      const readAgain = inPod(server);
      put(file, '');
      await expect(readAgain()).rejects.toMatchObject({ code: 'InvalidKubeconfig' });
    },
  );

  it('goes on with one connection while nothing changes', async () => {
    const server = await startServer();
    let connections = 0;
    server.on('secureConnection', () => {
      connections += 1;
    });
    const path = writeKubeconfig(server);
    const readAgain = kubeconfigReader(path);
    const connection = connect(readAgain, await readAgain());
    for (const name of ['/a', '/b', '/c']) {
      await connection.getJson(name, signal);
    }
    expect(connections).toBe(1);
  });
});
