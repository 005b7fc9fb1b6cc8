import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectArm } from '../../../src/arm/connection/arm-connection.ts';
import type { ArmRequest } from '../../../src/arm/connection/arm-request.ts';
import { clouds } from '../../../src/arm/sign-in/clouds.ts';
import type { PodidError } from '../../../src/errors/podid-error.ts';
import { createNetwork } from '../../../src/network/network.ts';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from '../../network/company-network.ts';
import { instantClock, token } from '../arm-server.ts';

const endpoint = 'https://management.example.test';
const path = '/subscriptions/s1/resourceGroups/demo?api-version=1';
const about: ArmRequest = {
  doing: 'read resource group demo',
  action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
  scope: '/subscriptions/s1/resourceGroups/demo',
  caller: () => 'anna@contoso.com',
};

/** What Azure answers, where it is reached. */
type Answer = (response: ServerResponse) => unknown;
const fine: Answer = (response) => response.end('{"name": "demo"}');
const page =
  (status: number): Answer =>
  (response) =>
    response
      .writeHead(status, { 'content-type': 'text/html' })
      .end('<html><head><title>Guests of Contoso</title></head></html>');
const fault =
  (status: number, code: string, message: string): Answer =>
  (response) =>
    response.writeHead(status).end(JSON.stringify({ error: { code, message } }));

let company: CompanyNetwork;
let folder: string;
let answer = fine;
let reads: IncomingMessage[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-company-arm-'));
  const line = JSON.stringify({ accessToken: token, expires_on: 4_102_444_800 });
  writeFileSync(join(folder, 'az'), `#!/bin/sh\necho '${line}'\n`);
  chmodSync(join(folder, 'az'), 0o755);
  company = await companyNetwork((request, response) => {
    reads.push(request);
    answer(response);
  });
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  [answer, reads, company.conduct] = [fine, [], 'tunnel'];
  company.asked.length = 0;
});

/** The environment of a machine in that network, whose az is signed in. */
const own = (more: Record<string, string> = {}) => ({
  ...{ PATH: folder, HTTPS_PROXY: company.proxy, REQUESTS_CA_BUNDLE: company.authority },
  ...more,
});

/** Reads once, without trying again. */
function read(environment: Record<string, string>, count = 0) {
  const connection = connectArm({
    cloud: clouds.AzureCloud,
    endpoint,
    environment,
    network: createNetwork(environment),
    ways: ['az'],
    userAgent: 'podid/0',
    clock: instantClock,
    requestTimeoutMs: 30_000,
    readRetries: { count, firstMs: 1 },
  });
  return connection.read(path, about, new AbortController().signal);
}

/** Why it failed; PROXY stands for the company's. */
async function failure(environment: Record<string, string>) {
  const error = await read(environment).then(
    ({ text }) => new Error(`Azure answered ${text}`),
    (caught: unknown) => caught as PodidError,
  );
  const { code, exitCode, message, hint } = error as PodidError;
  const shown = (text: string) => text.replaceAll(company.proxy, 'PROXY');
  return { code, exitCode, message: shown(message), hint: shown(String(hint)) };
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const unreached = 'Azure could not be reached to read resource group demo: ';

describe("Azure, through a company's proxy", () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('is read by way of %s', async (name) => {
    const environment = own({ HTTPS_PROXY: '', [name]: company.proxy });
    expect(JSON.parse((await read(environment)).text)).toEqual({ name: 'demo' });
    expect(company.asked).toEqual([{ host: 'management.example.test:443', signIn: '' }]);
    expect(reads[0]?.headers.authorization).toBe(`Bearer ${token}`);
  });

  it('is read with the user and password of the proxy', async () => {
    await read(own({ HTTPS_PROXY: company.proxy.replace('//', '//anna:p%40ss@') }));
    expect(company.asked).toEqual([{ host: 'management.example.test:443', signIn: 'anna:p@ss' }]);
  });

  it.each<[string, ProxyConduct, string, string]>([
    [
      '407',
      { status: '407 Proxy Authentication Required', headers: 'Proxy-Authenticate: Negotiate\r\n' },
      'the proxy PROXY wants a user and password (407 Proxy Authentication Required), and takes Negotiate.',
      'export HTTPS_PROXY=http://USER:PASSWORD@',
    ],
    [
      '403',
      { status: '403 Forbidden by policy' },
      'the proxy PROXY lets nobody through to management.example.test:443 (403 Forbidden by policy).',
      'Look at HTTPS_PROXY; where management.example.test is reached without a proxy, add it to NO_PROXY.',
    ],
    [
      '502',
      { status: '502 Bad Gateway' },
      'the proxy PROXY could not reach management.example.test:443 (502 Bad Gateway).',
      'Try again in a moment; the way goes through PROXY, which HTTPS_PROXY names.',
    ],
    [
      '429',
      { status: '429 Too Many Requests' },
      'the proxy PROXY could not reach management.example.test:443 (429 Too Many Requests).',
      'Try again in a moment; the way goes through PROXY, which HTTPS_PROXY names.',
    ],
    [
      'nothing',
      'hang up',
      'the proxy PROXY cannot be used (',
      'Look at HTTPS_PROXY; where management.example.test is reached without a proxy, add it to NO_PROXY.',
    ],
    [
      'a web page in place of the way',
      { status: '200 OK', headers: 'Content-Type: text/html\r\n\r\n<title>Guests</title>' },
      ' through the proxy PROXY.',
      'Try again in a moment; the way goes through PROXY, which HTTPS_PROXY names.',
    ],
  ])('that answers %s is told with the proxy and its own words', async (_, conduct, reason, hint) => {
    company.conduct = conduct;
    const error = await failure(own());
    expect(error).toMatchObject({ code: 'Unavailable', exitCode: 7, hint: expect.stringContaining(hint) });
    expect(error.message.startsWith(unreached)).toBe(true);
    expect(error.message).toContain(reason);
    expect(reads).toEqual([]);
  });

  it('that does not accept user and password is told without them', async () => {
    company.conduct = { status: '407 Proxy Authentication Required' };
    const error = await failure(own({ HTTPS_PROXY: company.proxy.replace('//', '//anna:s3cret@') }));
    expect(error).toMatchObject({
      exitCode: 7,
      message: `${unreached}the proxy PROXY does not accept the user and password (407 Proxy Authentication Required).`,
    });
    expect(JSON.stringify(error)).not.toMatch(/anna:|s3cret/);
  });

  it('that is down is named, with the variable that names it', async () => {
    const proxy = `http://127.0.0.1:${await closedPort()}`;
    expect(await failure(own({ https_proxy: proxy }))).toEqual({
      code: 'Unavailable',
      exitCode: 7,
      message: `${unreached}the proxy ${proxy} cannot be used (ECONNREFUSED).`,
      hint: 'Look at https_proxy; where management.example.test is reached without a proxy, add it to NO_PROXY.',
    });
  });

  it.each<[string, ProxyConduct, number]>([
    ['passes', { status: '502 Bad Gateway' }, 3],
    ['does not pass', { status: '407 Proxy Authentication Required' }, 1],
  ])('is tried again by a read only where the trouble %s by itself', async (_, conduct, tries) => {
    company.conduct = conduct;
    await expect(read(own(), 2)).rejects.toMatchObject({ exitCode: 7 });
    expect(company.asked).toHaveLength(tries);
  });

  it.each<[number, string]>([
    [200, unreached],
    [403, 'Azure could not read resource group demo: '],
    [503, 'Azure could not read resource group demo: '],
  ])(
    'in whose place a web page comes with %i is told with the title and the proxy',
    async (status, start) => {
      answer = page(status);
      expect(await failure(own())).toEqual({
        code: 'Unavailable',
        exitCode: 7,
        message: `${start}a web page came back (Guests of Contoso), HTTP ${status}, through the proxy PROXY.`,
        hint:
          status === 503
            ? 'Try the same command again in a moment.'
            : 'A proxy or a network that wants a sign-in of its own may have answered in place of Azure; look at PROXY, which HTTPS_PROXY names.',
      });
    },
  );

  it.each<[Answer, string, number]>([
    [
      fault(403, 'AuthorizationFailed', 'The client may not.'),
      'The client may not. (AuthorizationFailed)',
      6,
    ],
    [fault(503, 'ServerBusy', 'Too busy here.'), 'Too busy here. (ServerBusy)', 7],
  ])("keeps Azure's own sentence", async (given, sentence, exitCode) => {
    answer = given;
    const error = await failure(own());
    expect(error).toMatchObject({ exitCode, message: expect.stringContaining(sentence) });
    expect(error.message).not.toContain('PROXY');
  });
});

describe("Azure, with a certificate of a company's authority", () => {
  it('that is not known is told with the variable to set', async () => {
    expect(await failure(own({ REQUESTS_CA_BUNDLE: '' }))).toEqual({
      code: 'Unavailable',
      exitCode: 7,
      message: expect.stringMatching(
        /^Azure could not be reached to read resource group demo: the certificate of management\.example\.test is signed by an authority that this machine does not know \(a company's proxy\?\) \([A-Z_]+\)\.$/,
      ),
      hint: "export NODE_EXTRA_CA_CERTS=FILE  # FILE: the authority's certificate, as PEM; az's REQUESTS_CA_BUNDLE does as well",
    });
    expect(reads).toEqual([]);
  });

  it('that is not in the file REQUESTS_CA_BUNDLE names is told with that file', async () => {
    const empty = join(folder, 'empty.pem');
    writeFileSync(empty, '');
    expect(await failure(own({ REQUESTS_CA_BUNDLE: empty }))).toMatchObject({
      exitCode: 7,
      hint: `REQUESTS_CA_BUNDLE names ${empty}, in which podid finds no certificate; put the authority's there, as PEM.`,
    });
  });

  it.each(['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'])('is trusted by %s', async (name) => {
    await read(own({ REQUESTS_CA_BUNDLE: '', [name]: company.authority }));
    expect(reads).toHaveLength(1);
  });
});

describe('Azure, past the proxy', () => {
  it.each(['*.example.test', '.example.test', 'management.example.test', '*'])(
    'is sought by its name where NO_PROXY is %s',
    async (star) => {
      const error = await failure(own({ NO_PROXY: star }));
      expect(error).toMatchObject({ code: 'Unavailable', exitCode: 7 });
      expect(error.message).toMatch(
        /: the name management\.example\.test (?:is not known here|could not be looked up) \(\w+\), past the proxy that HTTPS_PROXY names, since NO_PROXY says so\.$/,
      );
      expect(error.hint).toBe(
        'Try again in a moment; where management.example.test is reached through the proxy of HTTPS_PROXY, take it out of NO_PROXY.',
      );
      expect(company.asked).toEqual([]);
    },
  );

  it('is not known by its name where no proxy is named', async () => {
    const error = await failure(own({ HTTPS_PROXY: '' }));
    expect(error).toMatchObject({
      exitCode: 7,
      hint: 'Try again in a moment; behind a proxy, set HTTPS_PROXY.',
    });
    expect(error.message).toMatch(
      /^Azure could not be reached .*: the name management\.example\.test (?:is not known here|could not be looked up) \(\w+\)\.$/,
    );
  });
});
