import type { IncomingMessage, ServerResponse } from 'node:http';
import { compactVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ServicePrincipal } from '../../../../src/domain/kubernetes/identity-credential.ts';
import { createNetwork } from '../../../../src/network/network.ts';
import { loadCertificate } from '../../../../src/nmi/tokens/entra/certificate.ts';
import {
  createCredentialReader,
  type ReadSecret,
} from '../../../../src/nmi/tokens/entra/credential-reader.ts';
import { entraAuthority } from '../../../../src/nmi/tokens/entra/entra-authority.ts';
import { createEntraSource } from '../../../../src/nmi/tokens/entra/entra-source.ts';
import { signClientAssertion } from '../../../../src/nmi/tokens/entra/sign-client-assertion.ts';
import { createUpstreamQueue, imdsTokenLimits } from '../../../../src/nmi/tokens/upstream-queue.ts';
import { systemClock } from '../../../../src/runtime/system-clock.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from '../../../network/company-network.ts';
import { certificateFolder } from '../certificates-in-test.ts';
import { bodyOf, localServer } from '../local-server.ts';

const made = certificateFolder();
const clientSecret = 'very~Secret.value';
const clientId = '00000000-0000-4000-8000-00000000000a';
const principal: ServicePrincipal = {
  kind: 'secret',
  namespace: 'shop',
  tenantId: 'tenant-1',
  auxiliaryTenantIds: [],
  clientId,
  secret: { namespace: 'shop', name: 'sp' },
};
const text = (value: string) => new TextEncoder().encode(value);
const secretHolding =
  (data: Record<string, string | Uint8Array>): ReadSecret =>
  async () =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, typeof value === 'string' ? text(value) : value]),
    );

beforeAll(() => {
  made.issue('server', 'rsa');
  made.issue('client', 'P-256');
});
afterAll(() => made[Symbol.dispose]());

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const token: Answer = (response, request) =>
  void response.end(
    JSON.stringify({
      token_type: 'Bearer',
      expires_in: 3599,
      ext_expires_in: 3599,
      access_token: `token-of-${request.url?.split('/')[1]}`,
    }),
  );

async function ask(options: {
  answer?: Answer;
  subject?: Partial<ServicePrincipal>;
  data?: Record<string, string | Uint8Array>;
  allowed?: boolean;
  deadlineMs?: number;
  /** Instead of a server on loopback. */
  company?: { readonly host: string; readonly environment: Record<string, string> };
}) {
  const seen: { method: string | undefined; url: string | undefined; form: Record<string, string> }[] = [];
  const tls = { key: made.read('server.key'), cert: made.read('server.crt') };
  await using server = await localServer(async (request, response) => {
    seen.push({ method: request.method, url: request.url, form: Object.fromEntries(await bodyOf(request)) });
    (options.answer ?? token)(response, request);
  }, tls);
  const host = options.company?.host ?? `127.0.0.1:${server.port}`;
  const clock = systemClock();
  const readSecret = secretHolding(options.data ?? { clientSecret });
  const source = createEntraSource({
    credentials: createCredentialReader({ readSecret, clock }),
    clock,
    queue: createUpstreamQueue({ clock, limits: imdsTokenLimits }),
    proveByCertificate: async ({ credential, claims }) =>
      signClientAssertion(await loadCertificate(credential.certificate, credential.password), claims),
    allowedHosts: options.allowed === false ? [] : [host],
    network: createNetwork(options.company?.environment ?? { SSL_CERT_FILE: made.path('server-ca.crt') }),
    deadlineMs: options.deadlineMs ?? 10_000,
  });
  const subject = { ...principal, adEndpoint: `https://${host}/`, ...options.subject };
  const question = { subject, resource: 'https://vault.azure.net', askerId: 'pod' };
  const outcome = await source
    .fetch({ question, askers: new Set(['pod']) }, new AbortController().signal)
    .catch((error: unknown) => error as Error);
  return { outcome, seen, host };
}

describe('asking Entra', () => {
  it('sends a secret to the tenant’s token endpoint and nothing anywhere else', async () => {
    const { outcome, seen } = await ask({});
    expect(outcome).toMatchObject({
      lifetimeMs: 3_599_000,
      answer: [{ accessToken: 'token-of-tenant-1', clientId, resource: 'https://vault.azure.net' }],
    });
    expect(seen).toEqual([
      {
        method: 'POST',
        url: expect.stringMatching(/^\/tenant-1\/oauth2\/v2\.0\/token(\?|$)/),
        form: expect.objectContaining({
          client_id: clientId,
          client_secret: clientSecret,
          grant_type: 'client_credentials',
          scope: 'https://vault.azure.net/.default',
        }),
      },
    ]);
  });

  it('gets one token for each auxiliary tenant, the primary’s first', async () => {
    const { outcome } = await ask({ subject: { auxiliaryTenantIds: ['tenant-2', 'tenant-3'] } });
    expect(outcome).toMatchObject({
      answer: [
        { accessToken: 'token-of-tenant-1' },
        { accessToken: 'token-of-tenant-2' },
        { accessToken: 'token-of-tenant-3' },
      ],
    });
  });

  it('proves an EC certificate by a signed assertion', async () => {
    const certificate = made.pfx('client', 'hunter2');
    const { outcome, seen, host } = await ask({
      subject: { kind: 'certificate' },
      data: { certificate, password: 'hunter2\n' },
    });
    expect(outcome).toMatchObject({ answer: [{ accessToken: 'token-of-tenant-1' }] });
    const { chain } = await loadCertificate(certificate, 'hunter2');
    const { client_assertion: assertion = '' } = seen[0]?.form ?? {};
    const { payload } = await compactVerify(assertion, chain[0].publicKey);
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({
      aud: `https://${host}/tenant-1/oauth2/v2.0/token`,
      iss: clientId,
    });
  });

  const json =
    (status: number, body: object, headers = {}): Answer =>
    (response) =>
      void response
        .writeHead(status, { 'content-type': 'application/json', ...headers })
        .end(JSON.stringify(body));
  it.each<[string, Answer, object]>([
    [
      'a wrong secret',
      json(401, { error: 'invalid_client', error_description: `AADSTS7000215: wrong ${clientSecret}` }),
      { status: 403, error: 'invalid_client', message: 'AADSTS7000215: wrong ***' },
    ],
    [
      'an unknown resource',
      json(400, { error: 'invalid_resource', error_description: 'AADSTS500011' }),
      { status: 400, error: 'invalid_resource' },
    ],
    ['429', json(429, {}, { 'retry-after': '9' }), { status: 429, retryAfterSec: 9 }],
    ['503', json(503, {}, { 'retry-after': '3' }), { status: 503, retryAfterSec: 3 }],
    ['a redirect', json(307, {}, { location: 'https://127.0.0.1:1/' }), { status: 503 }],
    ['HTML', (response) => void response.end('<html></html>'), { status: 503 }],
    ['a reset', (response) => void response.socket?.destroy(), { status: 503 }],
  ])('turns %s into what the caller may know', async (_name, answer, expected) => {
    const { outcome, seen } = await ask({ answer });
    expect(outcome).toMatchObject({ name: 'TokenRefused', ...expected });
    expect(`${outcome instanceof Error ? outcome.message + outcome.stack : ''}`).not.toContain(clientSecret);
    expect(seen).toHaveLength(1);
  });

  it('gives up at its deadline', async () => {
    const { outcome } = await ask({ answer: () => {}, deadlineMs: 1_500 });
    expect(outcome).toMatchObject({ status: 503, retryAfterSec: 2 });
  });

  it('sends no secret to a host that is neither Azure’s nor allowed', async () => {
    const { outcome, seen } = await ask({ allowed: false });
    expect(outcome).toMatchObject({ status: 403 });
    expect(seen).toEqual([]);
  });

  it('reads no Secret of another namespace', async () => {
    const { outcome, seen } = await ask({ subject: { secret: { namespace: 'victim', name: 'sp' } } });
    expect(outcome).toMatchObject({ status: 403, message: expect.stringContaining('victim') });
    expect(seen).toEqual([]);
  });
});

describe('the way to Entra', () => {
  const host = 'login.example.test';
  const hosts = ({ asked }: CompanyNetwork) => asked.map((each) => each.host);
  const behind = (_: IncomingMessage, response: ServerResponse) => token(response, _);

  it.each(['HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'])('leads through %s', async (name) => {
    await using company = await companyNetwork(behind);
    const environment = { [name]: company.proxy, REQUESTS_CA_BUNDLE: company.authority };
    const { outcome } = await ask({ company: { host, environment } });
    expect(outcome).toMatchObject({ answer: [{ accessToken: 'token-of-tenant-1' }] });
    expect(hosts(company)).toEqual([`${host}:443`]);
  });

  it.each(['*', 'example.test', '*.example.test', 'login.example.test:443'])(
    'leads past it with NO_PROXY=%s',
    async (noProxy) => {
      await using company = await companyNetwork(behind);
      const environment = { HTTPS_PROXY: company.proxy, NO_PROXY: noProxy };
      const { outcome } = await ask({ company: { host, environment } });
      expect(hosts(company)).toEqual([]);
      expect(outcome).toMatchObject({
        status: 503,
        message: expect.stringMatching(
          /^Microsoft Entra could not be asked: the name login\.example\.test (is not known here|could not be looked up) \(E[A-Z_]+\), past the proxy that HTTPS_PROXY names, since NO_PROXY says so\.$/,
        ),
      });
    },
  );

  it.each<[string, ProxyConduct, string, string]>([
    [
      'a proxy that wants a sign-in',
      { status: '407 Proxy Authentication Required', headers: 'Proxy-Authenticate: Negotiate\r\n' },
      'wants a user and password (407 Proxy Authentication Required), and takes Negotiate',
      '',
    ],
    [
      'one that does not accept the sign-in',
      { status: '407 Proxy Authentication Required' },
      'does not accept the user and password (407 Proxy Authentication Required)',
      'anna:p-a-s-s@',
    ],
    ['one that lets nobody through', { status: '403 Forbidden' }, 'lets nobody through to', ''],
    ['one that hangs up', 'hang up', 'cannot be used', ''],
  ])('names %s', async (_, conduct, text, signIn) => {
    await using company = await companyNetwork(behind);
    company.conduct = conduct;
    const environment = { HTTPS_PROXY: company.proxy.replace('http://', `http://${signIn}`) };
    const { outcome } = await ask({ company: { host, environment } });
    expect(outcome).toMatchObject({ status: 503, message: expect.stringContaining(text) });
    const message = (outcome as Error).message;
    expect(message).toContain(`Microsoft Entra could not be asked: the proxy ${company.proxy}`);
    expect(message).not.toContain('p-a-s-s');
    expect(message).not.toContain(clientSecret);
  });

  it('says which authority is not known', async () => {
    await using company = await companyNetwork(behind);
    const { outcome } = await ask({ company: { host, environment: { HTTPS_PROXY: company.proxy } } });
    expect(outcome).toMatchObject({
      status: 503,
      message: expect.stringContaining('is signed by an authority that this machine does not know'),
    });
  });
});

describe('the authority of an identity', () => {
  it.each([
    'http://login.microsoftonline.com/',
    'https://evil.example/',
    'https://login.microsoftonline.com.evil.example/',
    'https://login.microsoftonline.com@evil.example/',
    'https://login.microsoftonline.com:8443/',
    'https://login.microsoftonline.com/other/path',
    'https://login.microsoftonline.com/?x=1',
    'login.microsoftonline.com',
  ])('is refused as %s', (adEndpoint) => {
    expect(() => entraAuthority(adEndpoint, 'tenant', [])).toThrow(expect.objectContaining({ status: 403 }));
  });

  it('has Azure’s public cloud by default, and a tenant that is no path', () => {
    expect(entraAuthority(undefined, 'tenant', []).url).toBe('https://login.microsoftonline.com/tenant');
    expect(entraAuthority('https://login.microsoftonline.us', 'tenant', []).host).toBe(
      'login.microsoftonline.us',
    );
    for (const tenant of ['', '../common', 'a/b', 'a?b', 'a b']) {
      expect(() => entraAuthority(undefined, tenant, [])).toThrow(expect.objectContaining({ status: 403 }));
    }
  });
});

describe('the credential of an identity', () => {
  const signal = new AbortController().signal;
  const reader = (readSecret: ReadSecret) => createCredentialReader({ readSecret, clock: handClock() });

  it.each([
    [{ b: 'second', a: 'first' }, 'first'],
    [{ aaa: 'no', 'client-secret': 'yes' }, 'yes'],
    [{ a: '', z: 'last\n' }, 'last'],
  ])('is chosen the same way each time from %j', async (data, expected) => {
    expect(await reader(secretHolding(data)).credential(principal, signal)).toMatchObject({
      value: expected,
    });
  });

  it.each([
    ['secret', undefined],
    ['secret', { a: '' }],
    ['certificate', { password: 'x' }],
  ] as const)('of kind %s is refused when the Secret holds %j', async (kind, data) => {
    const readSecret: ReadSecret = data ? secretHolding(data) : async () => undefined;
    await expect(reader(readSecret).credential({ ...principal, kind }, signal)).rejects.toMatchObject({
      status: 403,
    });
  });

  it('has a tag that follows the Secret within a minute, outlives the API server, and ends with the Secret', async () => {
    const clock = handClock();
    const state = {
      data: { s: text('one') } as Record<string, Uint8Array> | undefined,
      away: false,
      reads: 0,
    };
    const { known, read } = createCredentialReader({
      clock,
      readSecret: async () => {
        state.reads += 1;
        if (state.away) {
          throw new Error('connection refused');
        }
        return state.data;
      },
    });
    const [first] = await Promise.all([read(principal, signal), read(principal, signal)]);
    expect(known(principal)).toBe(first);
    expect(first).not.toContain('one');
    expect(state.reads).toBe(1);
    await clock.advance(61_000);
    expect(known(principal)).toBeUndefined();
    state.away = true;
    expect(await read(principal, signal)).toBe(first);
    await clock.advance(61_000);
    Object.assign(state, { away: false, data: { s: text('two') } });
    expect(await read(principal, signal)).not.toBe(first);
    await clock.advance(61_000);
    state.data = undefined;
    await expect(read(principal, signal)).rejects.toMatchObject({ status: 403 });
    expect(known(principal)).toBeUndefined();
  });
});
