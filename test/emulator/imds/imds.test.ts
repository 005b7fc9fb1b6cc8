import { execFile } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { documentedQuota } from '../../../src/emulator/imds/imds-quota.ts';
import type { ImdsRoutesOptions } from '../../../src/emulator/imds/imds-routes.ts';
import { readLiberally } from '../../../src/emulator/imds/liberal-path.ts';
import { type StartedImds, startImds } from '../../../src/emulator/imds/start-imds.ts';

const run = promisify(execFile);

const tokenPath = '/metadata/identity/oauth2/token';
const vault = 'resource=https%3A%2F%2Fvault.azure.net';
const web = identity('web', 'a');
const batch = identity('batch', 'b');

let imds: StartedImds | undefined;

afterEach(async () => {
  await imds?.stop();
  imds = undefined;
});

describe('the emulated IMDS', () => {
  it('answers a token that names identity and resource, and the same one when asked again', async () => {
    let time = Date.UTC(2026, 0, 1);
    await start({ now: () => time });
    const first = await token(`${vault}&client_id=${web.clientId}`);
    time += 60_000;
    const again = await token(`${vault}&msi_res_id=${encodeURIComponent(web.resourceId.toUpperCase())}`);
    expect(first).toMatchObject({
      client_id: web.clientId,
      expires_in: '86400',
      resource: 'https://vault.azure.net',
    });
    expect(again).toMatchObject({
      access_token: first.access_token,
      expires_in: '86340',
      expires_on: first.expires_on,
    });
    expect(claimsOf(first.access_token)).toMatchObject({
      appid: web.clientId,
      aud: 'https://vault.azure.net',
    });
    time += 3_600_000;
    expect((await token(`${vault}&object_id=${web.objectId}`)).access_token).not.toBe(first.access_token);
    expect(imds?.issued()).toEqual([
      {
        clientId: web.clientId,
        resourceId: web.resourceId,
        resource: 'https://vault.azure.net',
        peer: '127.0.0.1',
        count: 3,
      },
    ]);
  });

  it.each([
    ['no Metadata header', `${tokenPath}?api-version=2018-02-01&${vault}`, { Metadata: 'no' }, 400],
    [
      'a forwarded request',
      `${tokenPath}?api-version=2018-02-01&${vault}`,
      { 'X-Forwarded-For': '10.0.0.1' },
      400,
    ],
    ['no api-version', `${tokenPath}?${vault}`, {}, 400],
    ['no resource', `${tokenPath}?api-version=2018-02-01`, {}, 400],
    ['an identity it does not have', `${tokenPath}?api-version=2018-02-01&${vault}&client_id=x`, {}, 400],
    ['no choice among several identities', `${tokenPath}?api-version=2018-02-01&${vault}`, {}, 400],
    [
      'two ways to name one',
      `${tokenPath}?api-version=2018-02-01&${vault}&client_id=${web.clientId}&object_id=x`,
      {},
      400,
    ],
    ['an encoded slash, unless liberal', '/metadata/identity%2foauth2/token?api-version=2018-02-01', {}, 404],
    ['IMDSv2, unless liberal', '/metadata/identity/issuecredential?api-version=2018-02-01', {}, 404],
  ])('refuses %s', async (_what, target, headers, status) => {
    await start();
    expect((await ask(target, headers)).status).toBe(status);
    expect(imds?.issued()).toEqual([]);
    expect(imds?.asked()).toHaveLength(1);
  });

  it('takes the only identity when none is named, and the system-assigned one before it', async () => {
    await start({ identities: [web] });
    expect((await token(vault)).client_id).toBe(web.clientId);
    await imds?.stop();
    await start({ systemAssigned: batch });
    expect((await token(vault)).client_id).toBe(batch.clientId);
  });

  it('describes the machine', async () => {
    await start();
    const location = await ask('/metadata/instance/compute/location?api-version=2021-02-01&format=text');
    expect(location.text).toBe('westeurope');
    const paths = [
      'instance',
      'versions',
      'loadbalancer',
      'attested/document',
      'scheduledevents',
      'identity/info',
    ];
    for (const path of paths) {
      expect([path, (await ask(`/metadata/${path}?api-version=2021-02-01`)).status]).toEqual([path, 200]);
    }
  });

  it('holds a VM to five requests at once and twenty a second', async () => {
    let time = 0;
    await start({ identities: [web], quota: documentedQuota, now: () => time });
    const target = `${tokenPath}?api-version=2018-02-01&${vault}`;
    imds?.faults.set([{ kind: 'hang', times: 5 }]);
    const hanging = Array.from({ length: 5 }, () => ask(target).catch(() => undefined));
    await vi.waitFor(
      async () => expect(await ask(target)).toMatchObject({ status: 429, retryAfter: '1' }),
      20_000,
    );
    await imds?.stop();
    await Promise.all(hanging);
    await start({ identities: [web], quota: documentedQuota, now: () => time });
    for (let count = 0; count < 20; count += 1) {
      expect((await ask(target)).status).toBe(200);
    }
    expect((await ask(target)).status).toBe(429);
    time += 1001;
    expect((await ask(target)).status).toBe(200);
  });

  it('shows each fault as often as asked, then is well again', async () => {
    await start({ identities: [web] });
    const target = `${tokenPath}?api-version=2018-02-01&${vault}`;
    const faults = JSON.stringify([
      { kind: '503', times: 1, retryAfterSec: 2 },
      { kind: 'drop', times: 1 },
      { kind: 'html', times: 1 },
    ]);
    expect((await ask('/_imds/faults', {}, 'PUT', faults)).status).toBe(204);
    expect(await ask(target)).toMatchObject({ status: 503, retryAfter: '2' });
    await expect(ask(target)).rejects.toThrow();
    expect((await ask(target)).text).toContain('<html>');
    expect((await ask(target)).status).toBe(200);
    expect(JSON.parse((await ask('/_imds/issued')).text)).toMatchObject([
      { clientId: web.clientId, count: 1 },
    ]);
    expect((await ask('/_imds/faults', {}, 'PUT', '{"kind":"rain"}')).status).toBe(400);
  });

  it('serves the ManagedIdentityCredential of @azure/identity', async () => {
    await start();
    // In a process of its own: MSAL keeps the first endpoint that a process names.
    const script = `import { ManagedIdentityCredential } from '@azure/identity';
      const credential = new ManagedIdentityCredential({ clientId: ${JSON.stringify(web.clientId)} });
      console.log((await credential.getToken('https://vault.azure.net/.default')).token);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: process.env['PATH'], AZURE_POD_IDENTITY_AUTHORITY_HOST: imds?.url },
    });
    expect(claimsOf(stdout.trim())).toMatchObject({ appid: web.clientId, aud: 'https://vault.azure.net' });
  });

  it('is bundled alone, and does nothing on import', async () => {
    const entry = new URL('../../../src/emulator/imds/start-imds.ts', import.meta.url).pathname;
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      write: false,
    });
    const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
    const bundled = (await import(`data:text/javascript;base64,${code}`)) as { startImds: typeof startImds };
    imds = await bundled.startImds({ identities: [web] });
    expect((await token(vault)).client_id).toBe(web.clientId);
  });
});

describe('the liberal reader', () => {
  it.each([
    '/METADATA//identity/./oauth2/token',
    '/metadata\\identity\\oauth2\\token',
    '/metadata%255cidentity%25252foauth2/%74oken',
    '/x/../metadata/identity%0Aoauth2/token'.replace('%0A', '%0A/'),
    'http://169.254.169.254/metadata/identity;a=b/oauth2/token',
    '/metadata/identity/oauth2/to%00ken/',
  ])('sees a token request in %s', (target) => {
    expect(readLiberally(`${target}?a=b`).path).toBe(tokenPath);
  });

  it('undoes any pile of encodings', () => {
    const disguise = fc.constantFrom(
      (text: string) => text.replaceAll('/', '\\'),
      (text: string) => text.replaceAll('/', '/./'),
      (text: string) => text.toUpperCase(),
      (text: string) => text.replaceAll('\\', '%5c'),
      (text: string) => text.replaceAll('%', '%25'),
      (text: string) => text.replace(/t/gi, '%74'),
      (text: string) => `/a/..${text}`,
      (text: string) => text.replaceAll('n', 'n%0d'),
    );
    fc.assert(
      fc.property(fc.array(disguise, { maxLength: 8 }), (disguises) => {
        const target = disguises.reduce((text, put) => put(text), tokenPath);
        expect(readLiberally(target).path).toBe(tokenPath);
      }),
    );
  });

  it('issues what a strict IMDS refuses, and counts it', async () => {
    await start({ liberal: true, identities: [web] });
    expect((await ask('/Metadata%5Cidentity%252foauth2\\token', { Metadata: 'no' }, 'POST')).status).toBe(
      200,
    );
    expect((await ask('/metadata/identity/issuecredential', { Metadata: 'no' }, 'POST')).status).toBe(200);
    expect(imds?.issued()).toMatchObject([{ clientId: web.clientId, resource: 'unnamed', count: 2 }]);
  });
});

async function start(options: Partial<ImdsRoutesOptions> = {}): Promise<void> {
  imds = await startImds({ identities: [web, batch], ...options });
}

function identity(name: string, digit: string) {
  return {
    clientId: `00000000-0000-0000-0000-0000000000${digit}1`,
    objectId: `00000000-0000-0000-0000-0000000000${digit}2`,
    resourceId: `/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`,
  };
}

async function token(query: string) {
  const answer = await ask(`${tokenPath}?api-version=2018-02-01&${query}`);
  expect(answer.status).toBe(200);
  return JSON.parse(answer.text) as { access_token: string; client_id: string; expires_on: string };
}

function claimsOf(jwt: string): unknown {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

/** The target goes out to the byte: fetch would tidy it up. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body = '') {
  return new Promise<{ status: number; text: string; retryAfter: string | undefined }>((resolve, reject) => {
    const outgoing = httpRequest(
      {
        host: '127.0.0.1',
        port: imds?.port,
        path,
        method,
        headers: { Metadata: 'true', ...headers },
        agent: false,
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers['retry-after'] }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
