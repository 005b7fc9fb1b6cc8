import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AzureIdentity } from '../../src/domain/kubernetes/identity-resources.ts';
import { connectCluster } from '../../src/k8s/connect-cluster.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type EmulatedPodid, emulatedPodid } from '../cli-on-emulator/emulated-podid.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { azureHolds, entryOf } from './azure-holds.ts';
import { installDefinitions } from './install-definitions.ts';

const { signal } = new AbortController();
const tenantId = '00000000-0000-4000-8000-00000000aaaa';
const account = { namespace: 'kube-system', name: 'podid-nmi' };
const asked = { audience: 'api://AzureADTokenExchange', seconds: 600 };

let api: ApiServer;
let podid: EmulatedPodid;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-exchange-'));
  api = await startApiServer('exchange');
  installDefinitions(api);
  api.kubectl('create', 'namespace', 'shop');
  api.kubectl('create', 'serviceaccount', account.name, '-n', account.namespace);
  podid = await emulatedPodid();
  azureHolds(podid, [entryOf('web')]);
});
afterAll(async () => {
  await podid?.[Symbol.asyncDispose]();
  await api?.stop();
  await rm(folder, { recursive: true, force: true });
});

function connected(kubeconfigPath = api.kubeconfig) {
  return connectCluster({
    kubeconfigPath,
    fetchUserKubeconfig: () => Promise.reject(new Error('not asked')),
    fetchApiServerHosts: () => Promise.reject(new Error('not asked')),
    warn: () => undefined,
    environment: {},
    timeoutMs: 60_000,
    clock: systemClock(),
    signal,
  });
}

function web(): AzureIdentity & { readonly metadata: { readonly managedFields: { manager: string }[] } } {
  return JSON.parse(
    api.kubectl('get', 'azureidentity', 'web', '-n', 'shop', '--show-managed-fields', '-o', 'json'),
  );
}

async function mirror(...more: string[]): Promise<string> {
  const ran = await podid.run(['mirror', '-o', 'json', ...more], { KUBECONFIG: api.kubeconfig });
  expect(ran.exitCode, ran.stderr).toBe(0);
  return (JSON.parse(ran.stdout).objects as { action: string }[]).map(({ action }) => action).join(' ');
}

describe('podid exchange on a real API server', () => {
  it('writes annotations that no mirror takes away, forced or not', async () => {
    await mirror();
    const { exchange } = await connected();
    await exchange.setTokenSource(web(), { name: 'exchange', tenantId }, signal);
    const annotations = { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': tenantId };
    expect(web().metadata.annotations).toMatchObject(annotations);
    expect(
      web()
        .metadata.managedFields.map(({ manager }) => manager)
        .sort(),
    ).toEqual(['podid', 'podid-exchange']);
    expect(await mirror()).toBe('same same');
    api.kubectl(
      'patch',
      'azureidentity',
      'web',
      '-n',
      'shop',
      '--type=merge',
      '-p',
      '{"spec":{"clientID":"x"}}',
    );
    expect(await mirror('--force')).toBe('update same');
    expect(web().metadata.annotations).toMatchObject(annotations);
    azureHolds(podid, [{ ...entryOf('web'), bindingSelector: 'front' }]);
    expect(await mirror()).toBe('same update');
    await exchange.setTokenSource(web(), { name: 'imds' }, signal);
    expect(web().metadata.annotations).toMatchObject({ ...annotations, 'podid.io/token-source': 'imds' });
  });

  it('writes nothing on an object that was made anew', async () => {
    const old = web();
    api.kubectl('delete', 'azureidentity', 'web', '-n', 'shop');
    const { exchange } = await connected();
    const write = () => exchange.setTokenSource(old, { name: 'exchange', tenantId }, signal);
    await expect(write()).rejects.toMatchObject({ code: 'StaleCluster' });
    await mirror();
    await expect(write()).rejects.toMatchObject({ code: 'StaleCluster' });
    expect(web().metadata.annotations).not.toHaveProperty('podid.io/token-source');
  });

  it('makes a token for the one audience, of ten minutes, and says who signed it', async () => {
    const { exchange } = await connected();
    const { token, issuer } = await exchange.accountToken(account, asked, signal);
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    expect(claims).toMatchObject({
      iss: issuer,
      aud: [asked.audience],
      sub: 'system:serviceaccount:kube-system:podid-nmi',
    });
    expect(claims.exp - claims.iat).toBe(600);
    expect(await exchange.subjects(signal)).toContain('system:serviceaccount:kube-system:podid-nmi');
    await expect(exchange.accountToken({ ...account, name: 'nobody' }, asked, signal)).rejects.toMatchObject({
      code: 'AgentRefused',
    });
  });

  it('names the rights that somebody lacks', async () => {
    api.kubectl('create', 'serviceaccount', 'nobody', '-n', 'default');
    const token = api.kubectl('create', 'token', 'nobody', '-n', 'default').trim();
    const config = JSON.parse(api.kubectl('config', 'view', '--raw', '-o', 'json')) as { users: object[] };
    const path = join(folder, 'nobody.kubeconfig');
    await writeFile(path, JSON.stringify({ ...config, users: [{ name: 'admin', user: { token } }] }));
    const { exchange } = await connected(path);
    await expect(exchange.accountToken(account, asked, signal)).rejects.toMatchObject({
      code: 'Forbidden',
      exitCode: 6,
      message: expect.stringContaining('create serviceaccounts/token in namespace kube-system'),
    });
    await expect(exchange.setTokenSource(web(), { name: 'imds' }, signal)).rejects.toMatchObject({
      code: 'Forbidden',
      message: expect.stringContaining('patch azureidentities.aadpodidentity.k8s.io in namespace shop'),
    });
  });
});
