import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aksServerId } from '../../src/domain/azure/entra-sign-in.ts';
import { type Emulator, startEmulator } from '../../src/emulator/start-emulator.ts';
import { type ApiServer, startApiServer } from './api-server.ts';
import { installDefinitions } from './install-definitions.ts';

const podid = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));

/** Answers TokenReviews as the authentication of an AKS cluster does: tokens of this Entra, meant for AKS. */
async function startTokenReviews(emulator: () => Emulator) {
  const reviewed: boolean[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { spec: { token: string } };
    const { token } = review.spec;
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8') || '{}');
    const authenticated = emulator().secrets.has(token) && claims.aud === aksServerId;
    reviewed.push(authenticated);
    const user = { username: claims.oid, groups: ['system:masters'] };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(
      JSON.stringify({ ...review, status: authenticated ? { authenticated, user } : { authenticated } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${port}`, reviewed, stop };
}

describe("a real API server that takes Entra's tokens", () => {
  let folder: string;
  let emulator: Emulator;
  let reviews: Awaited<ReturnType<typeof startTokenReviews>>;
  let api: ApiServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podid-entra-'));
    emulator = await startEmulator({ tls: true, scenario: 'full' });
    reviews = await startTokenReviews(() => emulator);
    const webhook = join(folder, 'webhook.json');
    await writeFile(webhook, kubeconfig(reviews.url, {}));
    api = await startApiServer('entra', [
      `--authentication-token-webhook-config-file=${webhook}`,
      '--authentication-token-webhook-version=v1',
    ]);
    installDefinitions(api);
    api.kubectl('create', 'namespace', 'demo');
  });
  afterAll(async () => {
    await api?.stop();
    await reviews?.stop();
    await emulator?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  function kubeconfig(server: string, user: object): string {
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'aks',
          cluster: { server, ...(server.startsWith('https') ? { 'insecure-skip-tls-verify': true } : {}) },
        },
      ],
      users: [{ name: 'me', user }],
      contexts: [{ name: 'aks', context: { cluster: 'aks', user: 'me' } }],
      'current-context': 'aks',
    });
  }

  it('is mirrored into by an entry of kubelogin, with no kubelogin there', async () => {
    const args = [
      'get-token',
      '--environment',
      'AzurePublicCloud',
      '--server-id',
      aksServerId,
      '--login',
      'azurecli',
    ];
    const exec = { apiVersion: 'client.authentication.k8s.io/v1beta1', command: 'kubelogin', args };
    const path = join(folder, 'kubeconfig');
    await writeFile(path, kubeconfig(api.url, { exec }));
    const env = { PATH: '/nowhere', HOME: folder, ...emulator.environment, KUBECONFIG: path };
    const ran = await new Promise<{ code: unknown; stderr: string }>((done) =>
      execFile(process.execPath, ['--', podid, 'mirror'], { env, cwd: folder }, (error, _stdout, stderr) =>
        done({ code: error?.code ?? 0, stderr }),
      ),
    );
    expect(ran.stderr).not.toContain('podid:');
    expect(ran.code).toBe(0);
    expect(api.kubectl('get', 'azureidentities', '-n', 'demo', '-o', 'name').trim().split('\n')).toHaveLength(
      200,
    );
    expect(reviews.reviewed.every(Boolean)).toBe(true);
  });
});
