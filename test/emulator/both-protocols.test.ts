import { readFile } from 'node:fs/promises';
import { request as plainRequest } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';

const metadata = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net';
const subscriptions = '/subscriptions?api-version=2022-12-01';

interface Kubeconfig {
  readonly clusters: readonly [{ cluster: { server: string; 'certificate-authority-data': string } }];
  readonly users: readonly [{ user: { token: string } }];
}

describe('the one port of an emulator', () => {
  let emulator: Emulator;
  afterEach(() => emulator.stop());

  function ask(protocol: 'http' | 'https', path: string, more: { ca?: string; token?: string } = {}) {
    const { port } = new URL(emulator.url);
    const headers = {
      Metadata: 'true',
      'podid-emulator-key': emulator.key,
      ...(more.token && { authorization: `Bearer ${more.token}` }),
    };
    const options = { host: '127.0.0.1', port, path, headers, ca: more.ca };
    return new Promise<number>((done, fail) => {
      const send = protocol === 'http' ? plainRequest : secureRequest;
      send(options, (answer) => {
        answer.resume();
        done(answer.statusCode ?? 0);
      })
        .on('error', fail)
        .end();
    });
  }

  async function kubeconfig() {
    const { clusters, users } = parse(
      await readFile(emulator.environment['KUBECONFIG'] ?? '', 'utf8'),
    ) as Kubeconfig;
    const { server, 'certificate-authority-data': data } = clusters[0].cluster;
    return { server, ca: Buffer.from(data, 'base64').toString(), token: users[0].user.token };
  }

  it.each([false, true])('serves the cluster over https, with tls: %s', async (tls) => {
    emulator = await startEmulator({ tls });
    const { server, ...signIn } = await kubeconfig();
    expect(server).toBe(`https://127.0.0.1:${new URL(emulator.url).port}`);
    expect(await ask('https', '/api/v1/namespaces', signIn)).toBe(200);
    await expect(ask('https', '/api/v1/namespaces')).rejects.toThrow('certificate');
  });

  it('serves Azure and the metadata service over http', async () => {
    emulator = await startEmulator();
    expect(emulator.url).toMatch(/^http:/);
    expect(await ask('http', subscriptions, { token: emulator.armToken })).toBe(200);
    expect(await ask('http', metadata)).toBe(400); // Several identities, and none is named.
  });

  it('serves with --tls over http what never comes over https, the metadata service, and nothing else', async () => {
    emulator = await startEmulator({ tls: true });
    expect(emulator.url).toMatch(/^https:/);
    const { ca } = await kubeconfig();
    expect(await ask('https', subscriptions, { ca, token: emulator.armToken })).toBe(200);
    for (const path of [subscriptions, '/api/v1/namespaces', '/_podid/world', '/']) {
      expect([path, await ask('http', path, { token: emulator.armToken })]).toEqual([path, 400]);
    }
    expect(emulator.requests.filter(({ path }) => path === '/')).toEqual([]);
    expect(await ask('http', '/metadata/versions')).toBe(200);
  });

  it('outlives connections that say nothing, or break off', async () => {
    emulator = await startEmulator();
    const port = Number(new URL(emulator.url).port);
    for (const first of ['', '\x16', '\x16\x03\x01garbage', 'G']) {
      await new Promise<void>((done) => {
        const socket = connect(port, '127.0.0.1', () => {
          socket.write(first, () => socket.resetAndDestroy());
        });
        socket.on('close', () => done()).on('error', () => undefined);
      });
    }
    expect(await ask('http', subscriptions, { token: emulator.armToken })).toBe(200);
  });
});
