import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import { managedIdentityOperatorRole } from '../../src/domain/azure/role-assignment.ts';
import type { Azure, OperationEnd, PutAnswer } from '../../src/domain/ports.ts';
import type { Clock } from '../../src/domain/time/clock.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';

const signal = new AbortController().signal;
const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => 0,
  sleep: async (_ms, stop) => {
    await new Promise((resolve) => setImmediate(resolve));
    stop.throwIfAborted();
  },
};

function azureOf(emulator: Emulator, debug: (text: string) => void = () => undefined): Promise<Azure> {
  return connectAzure({
    environment: emulator.environment,
    clock,
    userAgent: 'podid/test',
    debug,
    readRetries: { count: 2, firstMs: 1 },
  });
}

function idsOf(emulator: Emulator) {
  const subscriptionId = emulator.environment['AZURE_SUBSCRIPTION_ID'] ?? '';
  const resourceGroup = emulator.environment['PODID_RESOURCE_GROUP'] ?? '';
  const cluster = { subscriptionId, resourceGroup, name: emulator.environment['PODID_CLUSTER_NAME'] ?? '' };
  const identity = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`;
  return { cluster, identity };
}

async function addWeb(
  azure: Azure,
  emulator: Emulator,
): Promise<{ put: PutAnswer; end: OperationEnd | undefined }> {
  const { cluster: id, identity: resourceId } = idsOf(emulator);
  const base = await azure.clusters.get(id, signal);
  const { clientId, principalId } = await azure.identities.get(resourceId, signal);
  const web = { namespace: 'shop', name: 'web', identity: { resourceId, clientId, objectId: principalId } };
  const put = await azure.clusters.put(base, { addon: 'on', putIdentities: [web] }, { headers: {}, signal });
  const follow = {
    pollIntervalMs: 1,
    onStatus: () => undefined,
    cluster: id,
    resourceIds: [resourceId],
    signal,
  };
  const end = put.operation && (await azure.clusters.follow(put.operation, follow));
  return { put, end };
}

async function grant(azure: Azure, emulator: Emulator) {
  const { cluster: id, identity: scope } = idsOf(emulator);
  const { identity } = await azure.clusters.get(id, signal);
  const principalId = identity.principalId ?? identity.userAssigned[0]?.principalId ?? '';
  const wanted = { scope, principalId, roleId: managedIdentityOperatorRole };
  return { wanted, made: await azure.roles.create(wanted, signal) };
}

describe('the adapters against the emulator', () => {
  it('grant, put and follow until the entry is assigned, and change nothing else', async () => {
    await using emulator = await startEmulator();
    const azure = await azureOf(emulator);
    const { cluster: id } = idsOf(emulator);
    const { wanted, made } = await grant(azure, emulator);
    expect(made).toEqual({ created: true });
    expect(await azure.roles.create(wanted, signal)).toEqual({ created: false });
    const found = await azure.roles.assignmentsFor(wanted.scope, wanted.principalId, signal);
    expect(found.map(({ name }) => name)).toContain(azure.roles.assignmentName(wanted));
    const before = JSON.parse((await azure.clusters.get(id, signal)).document);
    const { put, end } = await addWeb(azure, emulator);
    expect(put.cluster.profile.identities).toMatchObject([{ namespace: 'shop', name: 'web' }]);
    expect(end).toEqual({ status: 'Succeeded' });
    const after = await azure.clusters.get(id, signal);
    expect(after.profile).toMatchObject({
      enabled: true,
      identities: [{ name: 'web', provisioningState: 'Assigned' }],
    });
    const document = JSON.parse(after.document);
    for (const one of [before, document]) {
      delete one.eTag;
      delete one.properties.podIdentityProfile;
      for (const pool of one.properties.agentPoolProfiles) {
        delete pool.eTag;
      }
    }
    expect(document).toEqual(before);
    expect(emulator.requests.filter((one) => one.unexpected)).toEqual([]);
  });

  it('are told of another write by 412', async () => {
    await using emulator = await startEmulator();
    const azure = await azureOf(emulator);
    await grant(azure, emulator);
    const { cluster: id } = idsOf(emulator);
    const stale = await azure.clusters.get(id, signal);
    await addWeb(azure, emulator);
    const again = azure.clusters.put(stale, { addon: 'on' }, { headers: {}, signal });
    await expect(again).rejects.toMatchObject({ code: 'StaleCluster' });
  });

  it('find subscriptions by id and by name, and the feature', async () => {
    await using emulator = await startEmulator();
    const azure = await azureOf(emulator);
    const { subscriptionId } = idsOf(emulator).cluster;
    const found = await azure.subscriptions.find(subscriptionId, signal);
    expect(found.subscriptionId).toBe(subscriptionId);
    expect(await azure.subscriptions.find(found.displayName, signal)).toEqual(found);
    expect(await azure.features.state(subscriptionId, signal)).toMatch(/Registered/);
  });

  it('let no secret that the emulator gave out into what --debug says', async () => {
    await using emulator = await startEmulator();
    const said: string[] = [];
    const azure = await azureOf(emulator, (text) => said.push(text));
    await grant(azure, emulator);
    await addWeb(azure, emulator);
    const kubeconfig = await azure.clusters.userKubeconfig(idsOf(emulator).cluster, signal);
    expect(kubeconfig).toContain('clusters:');
    const text = said.join('\n');
    expect(text).toContain('podIdentityProfile');
    expect(emulator.secrets.size).toBeGreaterThan(1);
    for (const secret of emulator.secrets) {
      expect(text).not.toContain(secret);
    }
  });

  it('work bundled, signed in by the environment over TLS', async () => {
    await using emulator = await startEmulator({ tls: true });
    const folder = await mkdtemp(join(tmpdir(), 'podid-bundle-'));
    try {
      const entry = await bundle(folder);
      const { stdout } = await promisify(execFile)(process.execPath, [entry], {
        env: { PATH: process.env['PATH'], AZURE_CONFIG_DIR: folder, ...emulator.environment },
      });
      expect(JSON.parse(stdout)).toMatchObject({ name: idsOf(emulator).cluster.name, created: true });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

const program = `
import { connectAzure } from './connect-azure.ts';
const e = process.env;
const signal = new AbortController().signal;
const clock = { now: Date.now, monotonic: () => performance.now(), random: Math.random, sleep: () => Promise.resolve() };
const azure = await connectAzure({ environment: e, clock, userAgent: 'podid/test' });
const id = { subscriptionId: e.AZURE_SUBSCRIPTION_ID, resourceGroup: e.PODID_RESOURCE_GROUP, name: e.PODID_CLUSTER_NAME };
const cluster = await azure.clusters.get(id, signal);
const scope = '/subscriptions/' + id.subscriptionId + '/resourceGroups/' + id.resourceGroup + '/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web';
await azure.identities.get(scope, signal);
const principalId = cluster.identity.principalId ?? cluster.identity.userAssigned[0].principalId;
const made = await azure.roles.create({ scope, principalId, roleId: 'f1a07417-d97a-45cb-824c-7a7467783830' }, signal);
process.stdout.write(JSON.stringify({ name: cluster.id.name, created: made.created }));
`;

/** As the release is built: split modules with the banner that the SDKs' CommonJS needs. */
async function bundle(folder: string): Promise<string> {
  await build({
    stdin: {
      contents: program,
      resolveDir: fileURLToPath(new URL('../../src/arm/', import.meta.url)),
      loader: 'ts',
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __bundleDir = import.meta.dirname;",
    },
    mainFields: ['module', 'main'],
    define: { __dirname: '__bundleDir' },
  });
  return join(folder, 'stdin.mjs');
}
