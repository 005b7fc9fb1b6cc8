import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { type CompanyNetwork, companyNetwork, type ProxyConduct } from '../network/company-network.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

/** The cluster's API stands behind a company's proxy, with a certificate of the company's own authority. */
const host = 'aks-demo.hcp.example.test';
const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;
let folder: string;
let podid: EmulatedPodid;
let company: CompanyNetwork;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-proxies-'));
  podid = await emulatedPodid();
  company = await companyNetwork(podid.emulator.url);
  await podid.run(add);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  await podid[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  company.conduct = 'tunnel';
  company.asked.length = 0;
});

interface Way {
  readonly proxyUrl?: string;
  /** The kubeconfig names the company's authority. */
  readonly trusts?: boolean;
  readonly env?: Record<string, string>;
}

/** Runs a command that reaches the cluster by a kubeconfig of its own. */
async function run(line: string, { proxyUrl, trusts = true, env = {} }: Way) {
  const config = parse(readFileSync(podid.emulator.environment['KUBECONFIG'] ?? '', 'utf8'));
  const [{ cluster }] = config.clusters;
  delete cluster['insecure-skip-tls-verify'];
  delete cluster['certificate-authority-data'];
  cluster.server = `https://${host}:443`;
  if (trusts) {
    cluster['certificate-authority-data'] = readFileSync(company.authority).toString('base64');
  }
  if (proxyUrl !== undefined) {
    cluster['proxy-url'] = proxyUrl;
  }
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, stringify(config));
  return await podid.run(`${line} --kubeconfig ${path}`, env);
}

const hosts = () => [...new Set(company.asked.map((each) => each.host))];
const signedIn = () => company.proxy.replace('http://', 'http://anna:p-a-s-s@');

describe('the way to the API of a cluster', () => {
  it.each<[string, () => Way]>([
    ['HTTPS_PROXY', () => ({ env: { HTTPS_PROXY: company.proxy } })],
    ['https_proxy', () => ({ env: { https_proxy: company.proxy, HTTPS_PROXY: 'http://127.0.0.1:9' } })],
    ['ALL_PROXY', () => ({ env: { ALL_PROXY: company.proxy } })],
    ['HTTPS_PROXY without a scheme', () => ({ env: { HTTPS_PROXY: company.proxy.slice('http://'.length) } })],
    [
      'HTTPS_PROXY with another NO_PROXY',
      () => ({ env: { HTTPS_PROXY: company.proxy, NO_PROXY: '.other.test' } }),
    ],
    ['proxy-url', () => ({ proxyUrl: company.proxy })],
    [
      'proxy-url before HTTPS_PROXY',
      () => ({ proxyUrl: company.proxy, env: { HTTPS_PROXY: 'http://127.0.0.1:9' } }),
    ],
    ['proxy-url before NO_PROXY', () => ({ proxyUrl: company.proxy, env: { NO_PROXY: '*' } })],
    [
      'the authority that REQUESTS_CA_BUNDLE names',
      () => ({
        trusts: false,
        env: { HTTPS_PROXY: company.proxy, REQUESTS_CA_BUNDLE: company.authority },
      }),
    ],
  ])('leads through %s', async (_, way) => {
    const ran = await run('mirror', way());
    expect(ran, ran.stderr).toMatchObject({ exitCode: 0 });
    expect(hosts()).toEqual([`${host}:443`]);
  });

  it.each(['*', host, '.example.test', '*.hcp.example.test', `${host}:443`])(
    'leads past HTTPS_PROXY with NO_PROXY=%s',
    async (noProxy) => {
      const ran = await run('mirror', { env: { HTTPS_PROXY: company.proxy, NO_PROXY: noProxy } });
      expect([ran.exitCode, hosts()]).toEqual([7, []]);
      expect(ran.stderr).toContain(`the name ${host} `);
      expect(ran.stderr).toContain('past the proxy that HTTPS_PROXY names, since NO_PROXY says so.');
    },
  );

  it.each([
    'status --drift',
    'doctor',
    'nmi status',
    'export --from cluster',
    'mirror --dry-run',
    'disable --dry-run',
    `${add} --require-mirror`,
  ])('is the same for podid %s', async (line) => {
    await run(line, { env: { HTTPS_PROXY: company.proxy } });
    expect(hosts()).toEqual([`${host}:443`]);
  });

  it('takes user and password along, and prints them nowhere', async () => {
    for (const way of [{ env: { HTTPS_PROXY: signedIn() } }, { proxyUrl: signedIn() }]) {
      company.asked.length = 0;
      const ran = await run('mirror --debug', way);
      expect(company.asked[0]).toEqual({ host: `${host}:443`, signIn: 'anna:p-a-s-s' });
      expect(ran.stdout + ran.stderr).not.toContain('p-a-s-s');
    }
  });

  it.each<[ProxyConduct, () => Way, string, string]>([
    [
      { status: '407 Proxy Authentication Required', headers: 'Proxy-Authenticate: Basic realm="x"\r\n' },
      () => ({ env: { HTTPS_PROXY: company.proxy } }),
      'wants a user and password (407 Proxy Authentication Required), and takes Basic',
      'export HTTPS_PROXY=http://USER:PASSWORD@',
    ],
    [
      { status: '407 Proxy Authentication Required' },
      () => ({ proxyUrl: signedIn() }),
      'does not accept the user and password (407',
      'Give proxy-url of the kubeconfig the user and password: http://USER:PASSWORD@',
    ],
    [
      { status: '403 Forbidden' },
      () => ({ env: { https_proxy: company.proxy } }),
      `lets nobody through to ${host}:443 (403 Forbidden)`,
      'Look at https_proxy',
    ],
    [
      { status: '502 Bad Gateway' },
      () => ({ env: { HTTPS_PROXY: company.proxy } }),
      `could not reach ${host}:443 (502`,
      '',
    ],
    ['hang up', () => ({ env: { HTTPS_PROXY: company.proxy } }), 'cannot be used', ''],
  ])('names the proxy that answers %j', async (conduct, way, text, hint) => {
    company.conduct = conduct;
    const ran = await run('mirror', way());
    expect(ran.exitCode).toBe(7);
    expect(ran.stderr).toContain(
      `The cluster's API at ${host} cannot be reached: the proxy ${company.proxy} ${text}`,
    );
    expect(ran.stderr).toContain(hint);
    expect(ran.stdout + ran.stderr).not.toContain('p-a-s-s');
  });

  it.each<[string, () => Way, number, string]>([
    [
      'an authority that is not known',
      () => ({ trusts: false, env: { HTTPS_PROXY: company.proxy } }),
      7,
      'is signed by an authority that this machine does not know',
    ],
    ['no URL', () => ({ env: { HTTPS_PROXY: 'http://' } }), 2, 'HTTPS_PROXY is not the URL of a proxy'],
    ['a scheme that is not of a proxy', () => ({ proxyUrl: 'ftp://x' }), 2, 'proxy-url'],
  ])('stops at %s', async (_, way, exitCode, text) => {
    const ran = await run('mirror', way());
    expect([ran.exitCode, ran.stderr]).toEqual([exitCode, expect.stringContaining(text)]);
  });

  it('warns of the proxy where the mirror is best effort, once Azure has the change', async () => {
    company.conduct = { status: '407 Proxy Authentication Required' };
    const ran = await run('exception add --namespace demo --name late --pod-labels app=late', {
      env: { HTTPS_PROXY: company.proxy },
    });
    expect(ran.exitCode).toBe(0);
    expect(ran.stderr).toContain(`the proxy ${company.proxy} wants a user and password`);
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: 'late' });
  });
});
