import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApiConnection } from '../../../src/k8s/client/api-connection.ts';
import { type ApiEndpoint, contextEndpoint } from '../../../src/k8s/client/api-endpoint.ts';
import { createNetwork } from '../../../src/network/network.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { type CompanyNetwork, companyNetwork } from '../../network/company-network.ts';

const server = 'https://aks-demo.hcp.example.test:443';
const signal = new AbortController().signal;
let company: CompanyNetwork;

beforeAll(async () => {
  company = await companyNetwork((request, response) =>
    response.end(JSON.stringify({ host: request.headers.host })),
  );
});
afterAll(() => company[Symbol.asyncDispose]());
afterEach(() => {
  company.conduct = 'tunnel';
  company.asked.length = 0;
});

/** Of a daemon with `--kubeconfig`. */
const byKubeconfig = (proxyUrl?: string): ApiEndpoint =>
  contextEndpoint({
    name: 'aks',
    cluster: {
      server,
      caData: Buffer.from(readFileSync(company.authority)).toString('base64'),
      ...(proxyUrl === undefined ? {} : { proxyUrl }),
    },
    user: { token: 't' },
  } as Parameters<typeof contextEndpoint>[0]);

async function ask(
  endpoint: ApiEndpoint,
  environment: Record<string, string>,
  readAgain?: () => ApiEndpoint,
) {
  const connection = createApiConnection({
    endpoint,
    ...(readAgain === undefined ? {} : { readAgain: async () => readAgain() }),
    network: createNetwork(environment),
    userAgent: 'test',
    timeoutMs: 10_000,
    clock: systemClock(),
  });
  try {
    return await connection.getJson('/api', signal);
  } catch (error) {
    return `${error}`;
  } finally {
    connection.close();
  }
}

const asked = () => company.asked.map(({ host }) => host);
const throughProxy = { host: 'aks-demo.hcp.example.test' };

describe("a daemon's way to the API server", () => {
  it.each<[string, () => Record<string, string>, () => string | undefined, boolean]>([
    ['HTTPS_PROXY', () => ({ HTTPS_PROXY: company.proxy }), () => undefined, true],
    ['ALL_PROXY', () => ({ ALL_PROXY: company.proxy }), () => undefined, true],
    ['proxy-url', () => ({}), () => company.proxy, true],
    [
      'proxy-url before HTTPS_PROXY',
      () => ({ HTTPS_PROXY: 'http://127.0.0.1:9' }),
      () => company.proxy,
      true,
    ],
    ['proxy-url before NO_PROXY', () => ({ NO_PROXY: '*' }), () => company.proxy, true],
    [
      'no proxy where NO_PROXY names the host',
      () => ({ HTTPS_PROXY: company.proxy, NO_PROXY: '.hcp.example.test' }),
      () => undefined,
      false,
    ],
  ])('is %s', async (_, environment, proxyUrl, isThrough) => {
    const answer = await ask(byKubeconfig(proxyUrl()), environment());
    expect(asked()).toEqual(isThrough ? ['aks-demo.hcp.example.test:443'] : []);
    expect(answer).toEqual(isThrough ? throughProxy : expect.stringContaining('ENOTFOUND'));
  });

  it('is straight from a pod, whose address of the API is of the cluster alone', async () => {
    const answer = await ask({ ...byKubeconfig(), isInCluster: true }, { HTTPS_PROXY: company.proxy });
    expect([asked(), answer]).toEqual([[], expect.stringContaining('ENOTFOUND')]);
  });

  it('takes a proxy that the kubeconfig names later, and keeps the one that works where it names none', async () => {
    const environment = { HTTPS_PROXY: 'http://127.0.0.1:9' };
    expect(await ask(byKubeconfig(), environment, () => byKubeconfig(company.proxy))).toEqual(throughProxy);
    expect(await ask(byKubeconfig(company.proxy), {}, () => byKubeconfig('ftp://x'))).toEqual(throughProxy);
  });

  it('names the proxy that wants a user and password', async () => {
    company.conduct = { status: '407 Proxy Authentication Required' };
    expect(await ask(byKubeconfig(), { HTTPS_PROXY: company.proxy })).toContain(
      `the proxy ${company.proxy} wants a user and password (407`,
    );
  });

  it('is refused at the start where what is named is not a proxy', () => {
    const options = { userAgent: 'test', timeoutMs: 1_000, clock: systemClock() };
    expect(() =>
      createApiConnection({
        ...options,
        endpoint: byKubeconfig(),
        network: createNetwork({ HTTPS_PROXY: 'ftp://x' }),
      }),
    ).toThrow('HTTPS_PROXY begins with ftp://');
  });
});
