import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tenantIdAnnotation, tokenSourceAnnotation } from '../../src/domain/exchange/token-source.ts';
import { issuerUrl } from '../../src/emulator/federation/issuers.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/start-emulator.ts';
import { root } from '../architecture/source-files.ts';
import { identityId } from './emulated-podid.ts';

const run = promisify(execFile);

/** `podid token --emulated-pod demo/web`, as a process: it starts the agent as another. */
async function askAsPod(emulator: Emulator, TMPDIR = tmpdir()) {
  const words = ['token', '--emulated-pod', 'demo/web', '--resource', 'https://vault.azure.net'];
  return await run(process.execPath, [join(root, 'bin/podid.js'), ...words], {
    env: { ...process.env, ...emulator.environment, TMPDIR },
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (failed: { code: number; stdout: string; stderr: string }) => failed,
  );
}

/** An emulator in which the identity `web` says that its tokens come by exchange, and trusts the agent. */
async function exchangingEmulator(options: EmulatorOptions): Promise<Emulator> {
  const emulator = await startEmulator(options);
  const [cluster] = emulator.world.clusters.values();
  const tenantId = emulator.world.tenantId;
  const identity = emulator.kube.get('azureidentities', 'demo', 'web');
  if (identity === undefined) {
    throw new Error('The scenario has no AzureIdentity demo/web.');
  }
  const annotations = { [tokenSourceAnnotation]: 'exchange', [tenantIdAnnotation]: tenantId };
  emulator.kube.seed({ ...identity, metadata: { ...identity.metadata, annotations } });
  const properties = {
    issuer: (cluster && issuerUrl(cluster.document)) ?? '',
    subject: 'system:serviceaccount:kube-system:podid-nmi',
    audiences: ['api://AzureADTokenExchange'],
  };
  const id = `${identityId('web')}/federatedIdentityCredentials/agent`;
  emulator.seed({ federatedCredentials: [{ id, name: 'agent', properties }] });
  return emulator;
}

describe('an emulated pod whose identity is exchanged', () => {
  it.each([false, true])('gets its token from Entra, by the token of the agent (tls: %s)', async (tls) => {
    await using emulator = await exchangingEmulator({ scenario: 'oidc-issuer', tls });
    const folder = await mkdtemp(join(tmpdir(), 'podid-exchanged-'));
    const { code, stdout, stderr } = await askAsPod(emulator, folder);
    expect(code, stderr).toBe(0);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
    expect(JSON.parse(stdout)).toMatchObject({
      clientId: '00000000-0000-4000-8000-0000c11e0001',
      tenantId: emulator.world.tenantId,
      resource: 'https://vault.azure.net',
    });
    const asked = emulator.requests.map(({ operation }) => operation);
    expect([asked.includes('entra.token'), asked.includes('imds')]).toEqual([true, false]);
  });

  it('gets none where the agent of the cluster has no token to exchange', async () => {
    await using emulator = await exchangingEmulator({ scenario: 'in-use' });
    const { code, stderr } = await askAsPod(emulator);
    expect(code).not.toBe(0);
    expect(stderr).toContain('has no token to exchange');
    expect(emulator.requests.map(({ operation }) => operation)).not.toContain('entra.token');
  });
});
