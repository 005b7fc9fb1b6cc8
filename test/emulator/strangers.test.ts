import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { trustAnIssuer } from './federation/trusted-issuer.ts';

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string;
}

describe('an emulator that others on the machine can reach', () => {
  let emulator: Emulator;
  let port: string;
  beforeAll(async () => {
    emulator = await startEmulator();
    port = new URL(emulator.url).port;
  });
  afterAll(() => emulator.stop());

  /** Byte for byte: `fetch` writes its own Host. */
  function ask(path: string, { method = 'GET', headers = {}, body = '' }: Asked = {}) {
    return new Promise<{ readonly status: number; readonly text: string; readonly cors: boolean }>(
      (done, fail) => {
        const options = { host: '127.0.0.1', port, path, method, headers, setHost: !('host' in headers) };
        request(options, (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk) => {
            text += chunk;
          });
          answer.on('end', () =>
            done({
              status: answer.statusCode ?? 0,
              text,
              cors: Object.keys(answer.headers).some((name) => name.startsWith('access-control-')),
            }),
          );
        })
          .on('error', fail)
          .end(body);
      },
    );
  }

  const secretsIn = (text: string) => [...emulator.secrets].filter((secret) => text.includes(secret));
  const routes = [
    ['GET', '/_podid/world'],
    ['GET', '/_podid/requests'],
    ['GET', '/_podid/clock'],
    ['PUT', '/_podid/faults'],
    ['PUT', '/_podid/scenario'],
    ['PUT', '/_podid/kube-faults'],
    ['GET', '/_PODID/world'],
    ['GET', '/_imds/issued'],
    ['PUT', '/_imds/faults'],
  ] as const;
  const everyRoute = [
    ...routes.map(([, path]) => path),
    '/subscriptions?api-version=2022-12-01',
    '/common/v2.0/.well-known/openid-configuration',
    '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/',
    '/api/v1/namespaces',
    '/',
  ];

  it.each(routes)('shows and does nothing without its key: %s %s', async (method, path) => {
    for (const headers of [{}, { 'podid-emulator-key': 'guess' }, { 'podid-emulator-key': '' }]) {
      const before = JSON.stringify(emulator.faults.list());
      const { status, text } = await ask(path, { method, headers, body: method === 'PUT' ? '[]' : '' });
      expect(status).toBe(401);
      expect(secretsIn(text)).toEqual([]);
      expect(JSON.stringify(emulator.faults.list())).toBe(before);
    }
  });

  it.each([
    '/./_podid/world',
    '/x/../_podid/world',
    '/%2e/_podid/world',
    '//_podid/world',
    '/%5fpodid/world',
    '/_podid%2fworld',
    '/\\_podid/world',
    '/?/../_podid/world',
    '/metadata/../_imds/issued',
    '/metadata/%2e%2e/_imds/issued',
    'OWN/_podid/world',
    'OWN/_imds/issued',
    'http://evil.example/_podid/world',
  ])(
    'takes no spelling of a path for a control route that the key is not asked for: %s',
    async (spelling) => {
      const path = spelling.replace('OWN', emulator.url);
      for (const headers of [{}, { metadata: 'true' }]) {
        const { status, text } = await ask(path, { headers });
        expect([400, 401, 404]).toContain(status);
        expect(secretsIn(text)).toEqual([]);
        expect(text).not.toContain('"issued"');
      }
    },
  );

  it('is controlled by whoever has the key', async () => {
    const headers = { 'podid-emulator-key': emulator.key };
    const { status, text } = await ask('/_podid/world', { headers });
    expect(status).toBe(200);
    expect(secretsIn(text).length).toBeGreaterThan(0);
    expect((await ask('/_imds/issued', { headers })).status).toBe(200);
  });

  it.each(everyRoute)('answers to no name that leads to it from elsewhere: %s', async (path) => {
    const key = { 'podid-emulator-key': emulator.key };
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1',
      '127.0.0.1:1',
      `127.0.0.1.evil.example:${port}`,
      `localhost.evil:${port}`,
      `127.0.0.2:${port}`,
      `localhost.:${port}`,
      `127.0.0.1.nip.io:${port}`,
      `127.1:${port}`,
      `[::ffff:127.0.0.1]:${port}`,
      `user@127.0.0.1:${port}`,
      `127.0.0.1:${port}, evil.example`,
      '',
    ]) {
      const { status, text } = await ask(path, { headers: { host, ...key } });
      expect([host, status]).toEqual([host, host === '' && status === 400 ? 400 : 421]);
      expect(secretsIn(text)).toEqual([]);
    }
  });

  it.each(everyRoute)('answers no page in a browser: %s', async (path) => {
    const key = { 'podid-emulator-key': emulator.key };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: emulator.url },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'same-origin' },
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { status, text, cors } = await ask(path, { method, headers: { ...headers, ...key } });
        expect([status, cors, secretsIn(text)]).toEqual([403, false, []]);
      }
    }
  });

  it('answers to its own names, and as the metadata service to that one', async () => {
    const path = '/subscriptions?api-version=2022-12-01';
    for (const name of ['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]']) {
      expect((await ask(path, { headers: { host: `${name}:${port}` } })).status).toBe(401);
    }
    const token = '/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net';
    const headers = { host: '169.254.169.254', metadata: 'true' };
    expect((await ask(token, { headers })).status).not.toBe(421);
    expect((await ask('/_podid/world', { headers })).status).toBe(421);
  });

  it('runs no command for a token that an assertion got, which somebody else signed', async () => {
    const assertion = trustAnIssuer(emulator)();
    const form = (proof: object) =>
      String(
        new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: '00000000-0000-4000-8000-0000000000a1',
          scope: 'https://management.azure.com/.default',
          ...proof,
        }),
      );
    const tokenFor = async (proof: object) => {
      const { text } = await ask('/common/oauth2/v2.0/token', { method: 'POST', body: form(proof) });
      return JSON.parse(text).access_token as string;
    };
    const secret = [...emulator.world.applications.values()][0]?.secret ?? '';
    const [cluster = ''] = emulator.world.clusters.keys();
    const command = async (token: string) =>
      await ask(`${cluster}/runCommand?api-version=2026-04-01`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ command: 'kubectl get pods' }),
      });
    const refused = await command(
      await tokenFor({
        client_assertion: assertion,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      }),
    );
    expect([refused.status, emulator.world.commandRuns.size]).toEqual([403, 0]);
    expect((await command(await tokenFor({ client_secret: secret }))).status).toBe(202);
  });

  it('does not write its key into its list of requests', async () => {
    await ask('/subscriptions?api-version=2022-12-01', { headers: { 'podid-emulator-key': emulator.key } });
    expect(JSON.stringify(emulator.requests)).not.toContain(emulator.key);
  });
});
