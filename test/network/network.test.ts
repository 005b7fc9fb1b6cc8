import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:http';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createNetwork } from '../../src/network/network.ts';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from './company-network.ts';

const url = 'https://management.example.test/';
let company: CompanyNetwork;

beforeAll(async () => {
  company = await companyNetwork((request, response) =>
    response.end(`${request.method} ${request.headers.host}`),
  );
});
afterAll(() => company[Symbol.asyncDispose]());
afterEach(() => {
  company.conduct = 'tunnel';
  company.asked.length = 0;
});

/** What is answered, or why nothing was. */
async function ask(environment: Record<string, string>, target = url) {
  const network = createNetwork(environment);
  const agent = await network.agentFor(target);
  try {
    const request = get(target, agent === undefined ? {} : { agent });
    const [answer] = await once(request, 'response');
    const [body] = await once(answer, 'data');
    request.destroy();
    return { answer: String(body) };
  } catch (error) {
    const { hint, ...fault } = await network.explain(error, target);
    return { ...fault, hint: hint.toString() };
  }
}

describe('the way to a host', () => {
  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('leads through %s', async (name) => {
    const environment = { [name]: company.proxy, REQUESTS_CA_BUNDLE: company.authority };
    expect(await ask(environment)).toEqual({ answer: 'GET management.example.test' });
    expect(company.asked).toEqual([{ host: 'management.example.test:443', signIn: '' }]);
  });

  it('takes the proxy without a scheme, and its user and password along', async () => {
    const proxy = company.proxy.replace('http://', 'anna:p%40ss@');
    await ask({ HTTPS_PROXY: proxy, REQUESTS_CA_BUNDLE: company.authority });
    expect(company.asked).toEqual([{ host: 'management.example.test:443', signIn: 'anna:p@ss' }]);
  });

  it('leads past the proxy where NO_PROXY says so', async () => {
    await ask({ HTTPS_PROXY: company.proxy, NO_PROXY: '*.example.test' });
    expect(company.asked).toEqual([]);
  });

  it.each([
    ['HTTPS_PROXY', 'NO_PROXY'],
    ['https_proxy', 'no_proxy'],
    ['ALL_PROXY', 'no_proxy'],
  ])('names the proxy of %s that %s led past, where that way ends nowhere', async (from, by) => {
    expect(await ask({ [from]: company.proxy, [by]: '.test' })).toEqual({
      reason: `the name management.example.test is not known here (ENOTFOUND), past the proxy that ${from} names, since ${by} says so.`,
      hint: `Try again in a moment; where management.example.test is reached through the proxy of ${from}, take it out of ${by}.`,
      mayPass: true,
    });
  });

  it.each(['REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE'])(
    'trusts the authority that %s names, as a file and as a folder',
    async (name) => {
      for (const path of [company.authority, join(company.authority, '..')]) {
        expect(await ask({ HTTPS_PROXY: company.proxy, [name]: path })).toHaveProperty('answer');
      }
    },
  );

  it('goes on trusting what NODE_EXTRA_CA_CERTS names', async () => {
    const bundle = join(company.authority, '..', 'host.crt');
    const environment = { NODE_EXTRA_CA_CERTS: company.authority, REQUESTS_CA_BUNDLE: bundle };
    expect(await ask({ HTTPS_PROXY: company.proxy, ...environment })).toHaveProperty('answer');
  });

  it.each<[string, ProxyConduct, object]>([
    [
      '407',
      {
        status: '407 Proxy Authentication Required',
        headers: 'Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm="x"\r\n',
      },
      {
        reason:
          'the proxy PROXY wants a user and password (407 Proxy Authentication Required), and takes Negotiate, Basic.',
        hint: expect.stringContaining('export HTTPS_PROXY=http://USER:PASSWORD@'),
        mayPass: false,
      },
    ],
    [
      '403',
      { status: '403 Forbidden' },
      {
        reason: 'the proxy PROXY lets nobody through to management.example.test:443 (403 Forbidden).',
        hint: 'Look at HTTPS_PROXY; where management.example.test is reached without a proxy, add it to NO_PROXY.',
        mayPass: false,
      },
    ],
    [
      '502',
      { status: '502 Bad Gateway' },
      {
        reason: 'the proxy PROXY could not reach management.example.test:443 (502 Bad Gateway).',
        hint: 'Try again in a moment; the way goes through PROXY, which HTTPS_PROXY names.',
        mayPass: true,
      },
    ],
    [
      'nothing',
      'hang up',
      {
        reason: expect.stringMatching(/^the proxy PROXY cannot be used \(.+\)\.$/),
        hint: 'Look at HTTPS_PROXY; where management.example.test is reached without a proxy, add it to NO_PROXY.',
        mayPass: true,
      },
    ],
    [
      'a web page in place of the host',
      { status: '200 OK', headers: 'Content-Type: text/html\r\n\r\n<title>Guests</title>' },
      {
        reason: expect.stringMatching(
          /^the connection to management.example.test was cut .* through the proxy PROXY\.$|TLS.* through the proxy PROXY\.$/,
        ),
        hint: 'Try again in a moment; the way goes through PROXY, which HTTPS_PROXY names.',
        mayPass: true,
      },
    ],
  ])('names the proxy that answers %s, and what it wants', async (_, conduct, fault) => {
    company.conduct = conduct;
    const found = await ask({ HTTPS_PROXY: company.proxy });
    expect(JSON.parse(JSON.stringify(found).replaceAll(company.proxy, 'PROXY'))).toEqual(fault);
  });

  it('says that a user and password were not accepted, and repeats neither', async () => {
    company.conduct = { status: '407 Proxy Authentication Required' };
    const found = await ask({ HTTPS_PROXY: company.proxy.replace('//', '//anna:secret@') });
    expect(found).toMatchObject({
      reason: expect.stringContaining('does not accept the user and password (407'),
    });
    expect(JSON.stringify(found)).not.toMatch(/anna|secret/);
  });

  it('names a proxy that is down', async () => {
    const gone = createServer();
    await once(gone.listen(0, '127.0.0.1'), 'listening');
    const { port } = gone.address() as AddressInfo;
    await new Promise((resolve) => gone.close(resolve));
    const found = await ask({ https_proxy: `http://127.0.0.1:${port}` });
    expect(found).toMatchObject({
      reason: `the proxy http://127.0.0.1:${port} cannot be used (ECONNREFUSED).`,
      hint: expect.stringContaining('Look at https_proxy;'),
    });
  });

  it('says by which authority a certificate is not known, and where to put that', async () => {
    const reason =
      "the certificate of management.example.test is signed by an authority that this machine does not know (a company's proxy?)";
    const unknown = expect.stringContaining(reason);
    const through = { HTTPS_PROXY: company.proxy };
    const other = join(company.authority, '..', 'other.pem');
    writeFileSync(other, 'no certificate');
    expect(await ask(through)).toMatchObject({
      reason: unknown,
      hint: expect.stringContaining('export NODE_EXTRA_CA_CERTS=FILE'),
      mayPass: false,
    });
    expect(await ask({ ...through, REQUESTS_CA_BUNDLE: other })).toMatchObject({
      reason: unknown,
      hint: expect.stringContaining(`REQUESTS_CA_BUNDLE names ${other}, in which podid finds no certificate`),
    });
    const bundle = join(company.authority, '..', 'host.crt');
    expect(await ask({ ...through, SSL_CERT_FILE: bundle })).toMatchObject({
      reason: unknown,
      hint: "Add the authority's certificate, as PEM, to the file that SSL_CERT_FILE names.",
    });
  });

  it('says that a certificate is for other names', async () => {
    const environment = { HTTPS_PROXY: company.proxy, REQUESTS_CA_BUNDLE: company.authority };
    expect(await ask(environment, 'https://management.azure.test/')).toMatchObject({
      reason: expect.stringContaining('came from management.azure.test is for other names'),
    });
  });

  it('goes through SOCKS', async () => {
    const seen: Buffer[] = [];
    const socks = createServer((socket) =>
      socket.on('data', (data) => {
        seen.push(data);
        socket.destroy();
      }),
    );
    await once(socks.listen(0, '127.0.0.1'), 'listening');
    const { port } = socks.address() as AddressInfo;
    const found = await ask({ ALL_PROXY: `socks5h://127.0.0.1:${port}` });
    await new Promise((resolve) => socks.close(resolve));
    expect(seen[0]?.[0]).toBe(5);
    expect(found).toMatchObject({ reason: expect.stringContaining(`the proxy socks5h://127.0.0.1:${port}`) });
  });

  it('leads to this machine itself without a proxy', async () => {
    const server = createPlainServer((_, response) => response.end('here'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const network = createNetwork({ ALL_PROXY: company.proxy, http_proxy: company.proxy });
    expect(await network.agentFor(here)).toBeUndefined();
    server.close();
  });
});
