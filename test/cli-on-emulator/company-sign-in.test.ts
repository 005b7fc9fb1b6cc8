import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { trustAnIssuer } from '../emulator/federation/trusted-issuer.ts';
import { type CompanyNetwork, companyNetwork } from '../network/company-network.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

/** podid as in a company: Azure and Entra are reached through the proxy alone, over TLS, by a sign-in. */
let podid: EmulatedPodid;
let company: CompanyNetwork;
let federatedToken: () => string;
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'podid-company-'));
  podid = await emulatedPodid();
  federatedToken = trustAnIssuer(podid.emulator);
  company = await companyNetwork(podid.emulator.url);
});
afterAll(async () => {
  await company[Symbol.asyncDispose]();
  await podid[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  podid.emulator.faults.clear();
  rmSync(at('az'), { force: true });
});

type Variables = Readonly<Record<string, string>>;

const application = () => {
  const [only] = podid.emulator.world.applications.values();
  if (only === undefined) {
    throw new Error('The emulator has no application.');
  }
  return only;
};
const ids = () => ({ AZURE_TENANT_ID: application().tenantId, AZURE_CLIENT_ID: application().appId });
const secret = (): Variables => ({ ...ids(), AZURE_CLIENT_SECRET: application().secret });
const certificate = (): Variables => {
  writeFileSync(at('principal.pem'), company.certificate);
  return { ...ids(), AZURE_CLIENT_CERTIFICATE_PATH: at('principal.pem') };
};
const workload = (): Variables => {
  writeFileSync(at('token'), federatedToken());
  return { ...ids(), AZURE_FEDERATED_TOKEN_FILE: at('token') };
};

function run(line: string, variables: Variables) {
  return podid.run(line, {
    ...{ PATH: folder, HOME: folder, AZURE_CONFIG_DIR: folder, PODID_ARM_TOKEN: '' },
    ...{ AZURE_TENANT_ID: '', AZURE_CLIENT_ID: '', HTTPS_PROXY: company.proxy },
    ...{ REQUESTS_CA_BUNDLE: company.authority, NO_PROXY: '', AZURE_POD_IDENTITY_AUTHORITY_HOST: '' },
    PODID_ARM_ENDPOINT: 'https://management.example.test',
    AZURE_AUTHORITY_HOST: 'https://login.example.test',
    ...variables,
  });
}

/** Of `-o json`, the last line. */
async function errorOf(line: string, variables: Variables) {
  const ran = await run(line, variables);
  for (const hidden of [...podid.emulator.secrets, 'wr0ng-s3cret']) {
    expect(ran.stdout + ran.stderr).not.toContain(hidden);
  }
  const { code, message, hint } = JSON.parse(ran.stderr.trim().split('\n').at(-1) ?? '');
  return { exitCode: ran.exitCode, code, message, hint };
}

/** An az that is signed in as the emulator's application. */
function signAzIn(): void {
  const token = JSON.stringify({ accessToken: podid.emulator.armToken, expires_on: 4_102_444_800 });
  writeFileSync(at('az'), `#!/bin/sh\nPATH=/usr/bin:/bin\necho '${token}'\n`);
  chmodSync(at('az'), 0o755);
}

const principals = { secret, certificate, 'workload identity': workload } as const;

describe.each(Object.entries(principals))('podid as a principal by %s', (_name, variables) => {
  it('is answered, and reports nothing', async () => {
    expect(await run('list -o json', variables())).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
    expect(new Set(company.asked.map(({ host }) => host))).toEqual(
      new Set(['login.example.test:443', 'management.example.test:443']),
    );
  });

  it.each(['clusters.get', 'clusters.put'])(
    'that %s wants a stronger sign-in of is told that only a person can give it',
    async (operation) => {
      const claims = Buffer.from('{"access_token":{"acrs":{"value":"c1"}}}').toString('base64');
      const body = { error: { code: 'Stronger', message: 'The resource requires MFA.' } };
      const headers = { 'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"` };
      podid.emulator.faults.set([{ match: { operation }, effect: { status: 401, headers, body } }]);
      const line = `add --namespace demo --name web --identity-resource-id ${identityId('web')} -o json`;
      const doing = operation === 'clusters.put' ? 'change' : 'read';
      expect(await errorOf(line, variables())).toEqual({
        exitCode: 3,
        code: 'NotSignedIn',
        message: `Azure wants a stronger sign-in (MFA) to ${doing} AKS cluster demo: The resource requires MFA. (Stronger)`,
        hint: `Only a person can give it. Sign in by az, and podid with it (--auth az): az login --tenant ${application().tenantId} --claims-challenge ${claims}`,
      });
    },
  );
});

describe('podid list with a secret that is wrong', () => {
  it.each(['list -o json', 'list -o json --debug', 'list -o json --verbose'])(
    "shows Entra's sentence and the command for a new one, and never the secret: %s",
    async (line) => {
      const error = await errorOf(line, { ...ids(), AZURE_CLIENT_SECRET: 'wr0ng-s3cret' });
      expect(error).toEqual({
        exitCode: 3,
        code: 'NotSignedIn',
        message: expect.stringMatching(
          /^Entra refused the sign-in by environment: AADSTS7000215: Invalid client secret/,
        ),
        hint: `AZURE_CLIENT_SECRET takes the secret's value, not its id; a new one: az ad app credential reset --id ${application().appId}`,
      });
    },
  );

  it('that has expired is told to be made anew', async () => {
    const text = "AADSTS7000222: The provided client secret keys for app 'x' are expired. Trace ID: 1";
    const body = { error: 'invalid_client', error_description: text };
    podid.emulator.faults.set([{ match: { operation: 'entra.token' }, effect: { status: 401, body } }]);
    expect(await errorOf('list -o json', secret())).toMatchObject({
      exitCode: 3,
      message: `Entra refused the sign-in by environment: ${text.replace(' Trace ID: 1', '')}`,
      hint: `Make a new secret: az ad app credential reset --id ${application().appId}`,
    });
  });

  it('is no tenant of Entra, or no file, by its name', async () => {
    const nowhere = { ...certificate(), AZURE_CLIENT_CERTIFICATE_PATH: at('nowhere.pem') };
    expect(await errorOf('list -o json', nowhere)).toMatchObject({
      exitCode: 3,
      message: `The sign-in by environment failed: ${at('nowhere.pem')} cannot be read: there is no such file or folder.`,
    });
    const other = { ...secret(), AZURE_TENANT_ID: '11111111-0000-4000-8000-000000000000' };
    const error = await errorOf('list -o json', other);
    expect(error).toMatchObject({ exitCode: 3, message: expect.stringMatching(/: AADSTS\d+: /) });
  });
});

describe('half of a sign-in by the environment', () => {
  const other = { AZURE_TENANT_ID: 'contoso.com', AZURE_CLIENT_ID: '22222222-0000-4000-8000-000000000000' };
  const asAz = () =>
    `So podid signed in by az, as application ${application().appId} (object ${application().objectId}). Where that is meant, choose it: --auth az\n`;

  it.each<[string, Variables, string]>([
    [
      'its secret is empty, as in the CI of a fork',
      { AZURE_CLIENT_SECRET: '' },
      'AZURE_CLIENT_ID and AZURE_TENANT_ID are set, and AZURE_CLIENT_SECRET is empty. ',
    ],
    [
      'its certificate is empty',
      { AZURE_CLIENT_CERTIFICATE_PATH: '' },
      'AZURE_CLIENT_ID and AZURE_TENANT_ID are set, and AZURE_CLIENT_CERTIFICATE_PATH is empty. ',
    ],
    [
      'it has neither',
      {},
      'AZURE_CLIENT_ID and AZURE_TENANT_ID are set, and neither AZURE_CLIENT_SECRET nor AZURE_CLIENT_CERTIFICATE_PATH is. ',
    ],
  ])('gives way to az, and says so, where %s', async (_, variables, why) => {
    signAzIn();
    const note = why + asAz();
    const ran = await run('list -o json', { ...other, ...variables });
    expect(ran).toEqual({ exitCode: 0, stdout: '[]\n', stderr: note });
    const identities = await run('identity list -o json', { ...other, ...variables });
    expect(identities.stderr.split('\n').slice(-2).join('\n')).toBe(note);
    const tenant = await run('list -o json --tenant contoso.com', {
      ...other,
      ...variables,
      AZURE_TENANT_ID: '',
    });
    expect(tenant.stderr).toBe(note.replace('AZURE_TENANT_ID', '--tenant'));
  });

  it.each<[string, string, () => Variables]>([
    ['az was chosen', 'list -o json --auth az', () => other],
    ['az was chosen by PODID_AUTH', 'list -o json', () => ({ ...other, PODID_AUTH: 'az' })],
    [
      'az was chosen by AZURE_TOKEN_CREDENTIALS',
      'list -o json',
      () => ({ ...other, AZURE_TOKEN_CREDENTIALS: 'dev' }),
    ],
    ['only errors are wanted', 'list -o json --only-show-errors', () => other],
    ['az is signed in as the same application', 'list -o json', ids],
    ['the application has no tenant', 'list -o json', () => ({ ...other, AZURE_TENANT_ID: '' })],
    ['the rest of it is a workload identity', 'list -o json', workload],
  ])('is not worth a word where %s', async (_, line, variables) => {
    signAzIn();
    const ran = await run(line, { AZURE_CLIENT_SECRET: '', ...variables() });
    expect(ran).toEqual({ exitCode: 0, stdout: '[]\n', stderr: '' });
  });

  it('is told by what it lacks, where nobody is signed in otherwise', async () => {
    expect(
      await errorOf('list -o json --auth environment', { ...other, AZURE_CLIENT_SECRET: '' }),
    ).toMatchObject({
      exitCode: 3,
      message:
        'No sign-in to Azure was found. environment: AZURE_CLIENT_ID and AZURE_TENANT_ID are set, and AZURE_CLIENT_SECRET is empty.',
    });
  });
});
