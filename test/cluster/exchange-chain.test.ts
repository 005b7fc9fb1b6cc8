import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSigningKey } from '../../src/emulator/federation/signing-keys.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { nmiSettings } from '../../src/nmi/nmi-settings.ts';
import { runNmi } from '../../src/nmi/run-nmi.ts';
import { createLogger } from '../../src/runtime/logger.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { identityId } from '../cli-on-emulator/emulated-podid.ts';
import { send, tokenTarget } from '../nmi-on-emulator/agent-world.ts';
import { binding } from './identity-objects.ts';
import { installDefinitions } from './install-definitions.ts';
import { until } from './until.ts';
import { audience, type WorkloadWorld, workloadWorld } from './workload-world.ts';

/*
 * The whole way of subject workload: a pod asks the agent, which has a real API server make a token of the pod's account,
 * and Entra exchanges it by the federated credential of that account.
 */

/** Addresses of pods, by whom the agent knows them. */
const addresses = { 'web-n1': '127.0.0.7', 'batch-n1': '127.0.0.8', 'web-n2': '127.0.0.9' } as const;

describe('the way of a pod’s token with subject workload', () => {
  let world: WorkloadWorld;
  let azure: Emulator;
  let folder: string;
  let clientId: string;
  let tenantId: string;
  let port = 0;
  let metricsPort = 0;
  const stop = new AbortController();
  let running: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'podid-chain-'));
    world = await workloadWorld('kube-apiserver', 'node');
    installDefinitions(world.api);
    azure = await startEmulator({ scenario: 'oidc-issuer', tls: true });
    ({ tenantId } = azure.world);
    const published = (path: string) => JSON.parse(world.api.kubectl('get', '--raw', path));
    const { issuer } = published('/.well-known/openid-configuration');
    azure.world.issuers.set(issuer, published('/openid/v1/jwks').keys.map(readSigningKey));
    const id = identityId('web');
    const properties = { issuer, subject: 'system:serviceaccount:shop:web', audiences: [audience] };
    azure.seed({
      federatedCredentials: [{ id: `${id}/federatedIdentityCredentials/web`, name: 'web', properties }],
    } as never);
    const found = [...azure.world.identities.values()].find(
      (each) => String(each['id']).toLowerCase() === id.toLowerCase(),
    ) as unknown as { readonly properties: { readonly clientId: string } };
    ({ clientId } = found.properties);
    for (const name of ['web', 'batch']) {
      world.apply(
        {
          apiVersion: 'aadpodidentity.k8s.io/v1',
          kind: 'AzureIdentity',
          metadata: {
            namespace: 'shop',
            name,
            annotations: { 'podid.io/token-source': 'exchange', 'podid.io/tenant-id': tenantId },
          },
          spec: { type: 0, clientID: clientId, resourceID: id },
        },
        binding('shop', name, name),
      );
    }
    for (const [name, podIP] of Object.entries(addresses)) {
      const [selector = ''] = name.split('-');
      world.api.kubectl('label', 'pod', '-n', 'shop', name, `aadpodidbinding=${selector}`);
      const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }] };
      const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
      world.api.kubectl('patch', 'pod', '-n', 'shop', name, ...patch);
    }
    await startAgent();
  }, 180_000);
  afterAll(async () => {
    stop.abort(new Error('the test is over'));
    await running;
    await azure?.stop();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startAgent(): Promise<void> {
    const kubeconfig = join(folder, 'kubeconfig');
    const cluster = { server: world.api.url, 'insecure-skip-tls-verify': true };
    writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'real', cluster }],
        users: [{ name: 'agent', user: { token: world.tokens.get('n1') } }],
        contexts: [{ name: 'real', context: { cluster: 'real', user: 'agent' } }],
        'current-context': 'real',
      }),
    );
    const log: { readonly msg: string; readonly what?: string; readonly port?: number }[] = [];
    const { host } = new URL(azure.url);
    const flags = [
      ...[
        'serve',
        '--node=n1',
        '--operation-mode=managed',
        '--forceNamespaced',
        `--kubeconfig=${kubeconfig}`,
      ],
      ...['--nmi-port=0', '--http-probe-port=0', '--prometheus-port=0', '--probe-address=127.0.0.1'],
      ...['--metrics-address=127.0.0.1', '--kubelet-config=/nowhere', '--takeover-namespace='],
      ...['--metadata-ip=127.0.0.1', '--metadata-port=9', '--allow-loopback-pods', '--redirected-by-others'],
      ...['--exchange-subject=workload', `--exchange-token-file=${world.tokenFile}`],
      ...[`--exchange-authority=https://${host}/`, `--allow-ad-endpoint=${host}`],
    ];
    running = runNmi(
      nmiSettings(flags, { SSL_CERT_FILE: azure.environment['NODE_EXTRA_CA_CERTS'] ?? '' }),
      {
        clock: systemClock(),
        logger: createLogger({
          level: 'debug',
          format: 'json',
          destination: { write: (line: string) => void log.push(JSON.parse(line)) },
        }),
      },
      stop.signal,
    );
    const portOf = (what: string) =>
      log.find((entry) => entry.msg === 'listening' && entry.what === what)?.port ?? 0;
    await until(() => portOf('pods') * portOf('metrics') * portOf('probes') > 0);
    [port, metricsPort] = [portOf('pods'), portOf('metrics')];
    await until(async () => (await send({ port: portOf('probes'), path: '/readyz' })).status === 200);
  }

  const askFrom = (pod: keyof typeof addresses) =>
    send({ port, path: tokenTarget, localAddress: addresses[pod], headers: { Metadata: 'true' } });

  it('ends with the identity’s token, of the pod whose account is listed', async () => {
    const { status, json, text } = await askFrom('web-n1');
    expect(status, text).toBe(200);
    expect(json).toMatchObject({ client_id: clientId, resource: 'https://vault.azure.net' });
    expect(decodeJwt(String(json['access_token']))).toMatchObject({ appid: clientId, tid: tenantId });
    expect(azure.requests.filter(({ operation }) => operation === 'entra.token')).toHaveLength(1);
    const metrics = (await send({ port: metricsPort, path: '/metrics' })).text;
    expect(metrics).toContain('podid_nmi_exchange_guard_stands 1');
    expect(metrics).toContain('podid_nmi_pods_as_node 1');
  });

  it('ends at the API server for a pod whose account no role names, though the identity is the same', async () => {
    const before = azure.requests.length;
    const { status, text } = await askFrom('batch-n1');
    expect(status).toBe(400);
    expect(text).toMatch(/may not make tokens of service account shop\/batch/);
    expect(text).toContain('podid exchange enable --subject workload');
    expect(azure.requests).toHaveLength(before);
  });

  it('does not begin for a pod of another node, which this agent is not shown', async () => {
    const before = azure.requests.length;
    expect((await askFrom('web-n2')).status).not.toBe(200);
    expect(azure.requests).toHaveLength(before);
  });

  it('ends at Entra once the credential is gone, and says which code it was', async () => {
    for (const key of azure.world.federatedCredentials.keys()) {
      azure.world.federatedCredentials.delete(key);
    }
    const other = tokenTarget.replace('vault', 'storage');
    const { status, text } = await send({
      ...{ port, path: other, localAddress: addresses['web-n1'] },
      headers: { Metadata: 'true' },
    });
    expect(status).toBe(503);
    expect(text).toMatch(/AADSTS70021/);
    expect((await askFrom('web-n1')).status).toBe(200);
  }, 60_000);
});
