import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../src/emulator/start-emulator.ts';
import { client, clusterPath, withArm } from './arm/arm-client.ts';

const run = promisify(execFile);

/** Run by a process of its own, since Node reads NODE_EXTRA_CA_CERTS when it starts. */
const signInAndRead = `
import { ClientSecretCredential } from '@azure/identity';
import { ContainerServiceClient } from '@azure/arm-containerservice';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
const e = process.env;
const credential = new ClientSecretCredential(e.AZURE_TENANT_ID, e.AZURE_CLIENT_ID, e.AZURE_CLIENT_SECRET, {
  authorityHost: e.AZURE_AUTHORITY_HOST, disableInstanceDiscovery: true,
});
const options = { endpoint: e.PODID_ARM_ENDPOINT, credentialScopes: ['https://management.azure.com/.default'] };
const aks = new ContainerServiceClient(credential, e.AZURE_SUBSCRIPTION_ID, options);
const cluster = await aks.managedClusters.get(e.PODID_RESOURCE_GROUP, e.PODID_CLUSTER_NAME);
const poller = aks.managedClusters.createOrUpdate(e.PODID_RESOURCE_GROUP, e.PODID_CLUSTER_NAME, cluster, { ifMatch: cluster.eTag, updateIntervalInMs: 5 });
const updated = await poller.pollUntilDone();
const msi = new ManagedServiceIdentityClient(credential, e.AZURE_SUBSCRIPTION_ID, options);
const web = await msi.userAssignedIdentities.get(e.PODID_RESOURCE_GROUP, 'web');
const roles = new AuthorizationManagementClient(credential, e.AZURE_SUBSCRIPTION_ID, options);
const made = await roles.roleAssignments.create(web.id, '11111111-1111-4111-8111-111111111111', {
  roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/f1a07417-d97a-45cb-824c-7a7467783830',
  principalId: cluster.identity.principalId, principalType: 'ServicePrincipal',
});
const listed = [];
for await (const one of roles.roleAssignments.listForScope(web.id, { filter: "atScope() and assignedTo('" + cluster.identity.principalId + "')" })) listed.push(one.name);
console.log(JSON.stringify({ state: updated.provisioningState, changed: updated.eTag !== cluster.eTag, client: web.clientId, created: made.name, listed, on: made.createdOn?.toISOString?.() }));
`;

describe('the emulator with the Azure SDK', () => {
  it('signs in over TLS, puts a cluster, reads an identity and grants a role', async () => {
    await using emulator = await startEmulator({ tls: true });
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', signInAndRead], {
      env: { PATH: process.env['PATH'], ...emulator.environment },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      state: 'Succeeded',
      changed: true,
      client: '00000000-0000-4000-8000-0000c11e0001',
      created: '11111111-1111-4111-8111-111111111111',
      listed: ['11111111-1111-4111-8111-111111111111'],
    });
    expect(emulator.requests.filter((one) => one.unexpected)).toEqual([]);
    const log = JSON.stringify(emulator.requests.map((one) => [one.headers, one.bodyText]));
    const secret = emulator.environment['AZURE_CLIENT_SECRET'] ?? '';
    expect([secret.length > 20, log.includes(secret)]).toEqual([true, false]);
  });

  it('makes a certificate that only its own authority vouches for', async () => {
    await using emulator = await startEmulator({ tls: true });
    const ca = await readFile(emulator.environment['NODE_EXTRA_CA_CERTS'] ?? '', 'utf8');
    const ask = (options: object) =>
      new Promise<number | undefined>((done, fail) => {
        request(`${emulator.url}/_podid/clock`, options, (answer) => done(answer.resume().statusCode))
          .on('error', fail)
          .end();
      });
    const headers = { 'podid-emulator-key': emulator.key };
    await expect(ask({ ca, headers })).resolves.toBe(200);
    await expect(ask({})).rejects.toThrow();
  });
});

describe('the engine of the emulator', () => {
  it('refuses wrong client secrets and unknown tenants, as Entra does', async () => {
    await withArm({}, async (arm) => {
      const [app] = arm.emulator.world.applications.values();
      const ask = async (tenant: string, secret: string, version = 'v2.0/') => {
        const form = {
          grant_type: 'client_credentials',
          client_id: app?.appId ?? '',
          client_secret: secret,
          scope: 'https://x/.default',
        };
        const answer = await fetch(`${arm.emulator.url}/${tenant}/oauth2/${version}token`, {
          method: 'POST',
          body: new URLSearchParams(form),
        });
        return (await answer.json()) as { error?: string; expires_in?: unknown };
      };
      const { tenantId } = arm.emulator.world;
      expect((await ask(tenantId, 'wrong')).error).toBe('invalid_client');
      expect((await ask('nowhere', app?.secret ?? '')).error).toBe('invalid_request');
      expect((await ask(tenantId, app?.secret ?? '')).expires_in).toBe(86_399);
      expect((await ask(tenantId, app?.secret ?? '', '')).expires_in).toBe('86399');
    });
  });

  it('keeps its world in a private state file, a running operation included', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'podid-state-'));
    try {
      const stateFile = join(folder, 'azure.json');
      const first = await startEmulator({ stateFile, time: 'recorded' });
      const answer = await client(first).edit((document) =>
        Object.assign(document, { tags: { kept: 'yes' } }),
      );
      expect(answer.status).toBe(200);
      await first.stop();
      expect((await stat(stateFile)).mode & 0o777).toBe(0o600);
      await using second = await startEmulator({ stateFile });
      const arm = client(second);
      expect((await arm.get()).body.tags).toEqual({ kept: 'yes' });
      expect((await arm.call('PATCH', clusterPath, { tags: {} })).status).toBe(409);
      second.clock.advance(120_000);
      expect((await arm.get()).body.properties.provisioningState).toBe('Succeeded');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('takes as long as Azure when it is set to, and the same each time', async () => {
    const durations = async () => {
      await using emulator = await startEmulator({ time: 'recorded' });
      const arm = client(emulator);
      const lengths: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        await arm.edit(() => {});
        const [operation] = [...emulator.world.operations.values()].slice(-1);
        lengths.push(Math.round((operation?.endsAt ?? 0) - (operation?.startedAt ?? 0)));
        emulator.clock.advance(110_000);
      }
      return lengths;
    };
    const [one, two] = [await durations(), await durations()];
    expect(one).toEqual(two);
    expect(new Set(one).size).toBe(3);
    for (const length of one) {
      expect(length >= 55_000 && length <= 105_000).toBe(true);
    }
  });

  it('leaves no files behind, and knows which scenarios there are', async () => {
    const emulator = await startEmulator();
    const kubeconfig = emulator.environment['KUBECONFIG'] ?? '';
    expect((await stat(kubeconfig)).mode & 0o777).toBe(0o600);
    await emulator.stop();
    await expect(stat(kubeconfig)).rejects.toThrow('ENOENT');
    await expect(startEmulator({ scenario: 'nowhere' })).rejects.toThrow(RangeError);
  });

  it('reads and changes its world, its time and its scenario over HTTP', async () => {
    await withArm({}, async (arm) => {
      const control = (method: string, what: string, body?: unknown) =>
        arm.call(method, `${arm.emulator.url}/_podid/${what}`, body);
      expect((await control('GET', 'world')).body.clusters).toHaveLength(1);
      expect((await control('PUT', 'world', { settings: { eTags: false } })).body.settings.eTags).toBe(false);
      expect((await control('PUT', 'world', { clusters: [{}] })).status).toBe(400);
      const { now } = (await control('GET', 'clock')).body;
      expect((await control('PUT', 'clock', { advanceMs: 60_000 })).body.now).toBeGreaterThanOrEqual(
        now + 60_000,
      );
      for (const name of (await control('GET', 'scenario')).body) {
        expect((await control('PUT', 'scenario', { name })).status).toBe(200);
        expect((await arm.get()).status).toBe(200);
      }
      expect((await control('PUT', 'kube-faults', { away: '503' })).status).toBe(200);
      expect((await fetch(`${arm.emulator.url}/version`)).status).toBe(503);
      const { body } = await control('GET', 'requests');
      expect(body[0]).toMatchObject({
        method: 'GET',
        operation: 'clusters.get',
        status: 200,
        unexpected: false,
      });
      expect(body[0].headers.authorization).toBe('Bearer ***');
    });
  });
});
