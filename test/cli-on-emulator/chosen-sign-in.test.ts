import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CompanyNetwork, companyNetwork } from '../network/company-network.ts';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

const podidJs = fileURLToPath(new URL('../../bin/podid.js', import.meta.url));
const own = 'https://login.example.test';
const sentence = 'AADSTS53003: Access has been blocked by Conditional Access policies.';

/** An Entra that asks a person, and then says no. */
function refuse({ url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(url, own);
  const send = (status: number, body: object) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const tenant = `${own}/organizations`;
  if (pathname.endsWith('/openid-configuration')) {
    send(200, {
      issuer: `${tenant}/v2.0`,
      authorization_endpoint: `${tenant}/oauth2/v2.0/authorize`,
      token_endpoint: `${tenant}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${tenant}/oauth2/v2.0/devicecode`,
      jwks_uri: `${tenant}/keys`,
    });
  } else if (pathname.endsWith('/devicecode')) {
    const message = `To sign in, open ${own}/device and enter the code ABCD-EFGH.`;
    const code = { user_code: 'ABCD-EFGH', device_code: 'device', verification_uri: `${own}/device` };
    send(200, { ...code, expires_in: 900, interval: 0, message });
  } else {
    send(400, { error: 'invalid_grant', error_description: `${sentence} Trace ID: 1` });
  }
}

let podid: EmulatedPodid;
let entra: CompanyNetwork;
let azure: CompanyNetwork;
let imds: Server;
let folder: string;
const asked: (string | null)[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-chosen-'));
  podid = await emulatedPodid();
  entra = await companyNetwork(refuse);
  azure = await companyNetwork(podid.emulator.url);
  imds = createServer(({ url = '/' }, response) => {
    asked.push(new URL(url, own).searchParams.get('client_id'));
    const token = { access_token: podid.emulator.armToken, expires_in: 3600, token_type: 'Bearer' };
    response.end(JSON.stringify({ ...token, resource: 'https://management.azure.com' }));
  });
  await once(imds.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  imds.closeAllConnections();
  imds.close();
  await entra[Symbol.asyncDispose]();
  await azure[Symbol.asyncDispose]();
  await podid[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** A machine of that network, on which nothing is signed in. */
const machine = (company: CompanyNetwork) => ({
  ...{ PATH: folder, HOME: folder, AZURE_CONFIG_DIR: folder, PODID_ARM_TOKEN: '', NO_PROXY: '' },
  ...{ AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '', AZURE_CLIENT_SECRET: '' },
  ...{ HTTPS_PROXY: company.proxy, REQUESTS_CA_BUNDLE: company.authority },
  ...{ PODID_ARM_ENDPOINT: 'https://management.example.test', AZURE_AUTHORITY_HOST: own },
});

const ways = (way: string, ...more: readonly (readonly [string, Record<string, string>])[]) =>
  [[`list --auth ${way}`, {}], ['list', { PODID_AUTH: way }], ...more] as const;

describe('the sign-in that is chosen', () => {
  it.each(ways('device-code', ['list --auth device-code', { PODID_AUTH: 'az' }]))(
    'is the device code, which is shown, by %s and %j',
    async (line, variables) => {
      const ran = await podid.run(line, { ...machine(entra), ...variables });
      expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
      expect(ran.stderr).toContain(`To sign in, open ${own}/device and enter the code ABCD-EFGH.`);
      expect(ran.stderr).toContain(`Entra refused the sign-in by device code: ${sentence}`);
    },
  );

  it
    .runIf(process.platform === 'linux')
    .each(ways('browser', ['list', { AZURE_TOKEN_CREDENTIALS: 'InteractiveBrowserCredential' }]))(
    'is the browser, which opens, by %s and %j',
    async (line, variables) => {
      const path = join(folder, 'browser');
      // Comes back as from a page of Entra's on which somebody has said no.
      const script = `const { searchParams: of } = new URL(process.argv[2]);
const said = { error: 'access_denied', error_description: 'AADSTS65004: User declined.', state: of.get('state') };
fetch(of.get('redirect_uri') + '/?' + new URLSearchParams(said));`;
      writeFileSync(path, `#!${process.execPath}\n${script}\n`);
      chmodSync(path, 0o755);
      vi.stubEnv('BROWSER', path);
      vi.stubEnv('DISPLAY', '');
      const ran = await podid.run(line, { ...machine(entra), ...variables });
      expect(ran).toMatchObject({ exitCode: 3, stdout: '' });
      expect(ran.stderr).toContain(`${own}/organizations/oauth2/v2.0/authorize?`);
      expect(ran.stderr).toContain('Entra refused the sign-in by browser: AADSTS65004: User declined.');
    },
  );

  const clientId = '33333333-0000-4000-8000-000000000000';
  it.each(
    ways(
      'managed-identity',
      ['list --auth managed-identity', { AZURE_CLIENT_ID: clientId }],
      [
        'list',
        { AZURE_TOKEN_CREDENTIALS: 'prod', AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: 'contoso.com' },
      ],
    ),
  )('is the managed identity, by %s and %j', async (line, variables: Record<string, string>) => {
    asked.length = 0;
    const { port } = imds.address() as AddressInfo;
    // A process of its own: the library keeps for all of one where it asked first.
    const child = spawn(process.execPath, [podidJs, ...line.split(' '), '-o', 'json'], {
      env: {
        ...podid.emulator.environment,
        ...machine(azure),
        AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}`,
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (chunk) => (texts.stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (texts.stderr += String(chunk)));
    const [exitCode] = await once(child, 'close');
    expect({ exitCode, ...texts }).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
    expect(asked).toEqual([variables['AZURE_CLIENT_ID'] ?? null]);
  });
});
