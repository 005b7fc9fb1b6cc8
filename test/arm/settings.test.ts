import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identityNamedIn } from '../../src/arm/clusters/map-aks-error.ts';
import { armEndpoint } from '../../src/arm/connection/arm-endpoint.ts';
import { azureRetryAfterMs } from '../../src/arm/connection/azure-retry-after.ts';
import { maskSecrets } from '../../src/arm/connection/mask-secrets.ts';
import { createArmTokens } from '../../src/arm/sign-in/arm-tokens.ts';
import { readAzDefaults, readAzProfile } from '../../src/arm/sign-in/az-profile.ts';
import { callerOfToken } from '../../src/arm/sign-in/caller-of-token.ts';
import { chooseCloud, clouds } from '../../src/arm/sign-in/clouds.ts';
import { createCredential } from '../../src/arm/sign-in/credential.ts';
import { readAzureSettings } from '../../src/arm/sign-in/read-azure-settings.ts';
import { instantClock, token } from './arm-server.ts';

const cloud = clouds.AzureCloud;
let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-az-'));
});
afterEach(() => rm(folder, { recursive: true }));

function settings(environment: Record<string, string>, more: object = {}) {
  return readAzureSettings({
    environment: { AZURE_CONFIG_DIR: folder, ...environment },
    clock: instantClock,
    userAgent: 'podid/0',
    ...more,
  });
}

describe('the endpoint', () => {
  it.each([
    'http://arm.example',
    'ftp://x',
    'nonsense',
    'https://u:p@x',
    'https://x?q',
    'http://127.0.0.1.example',
    'http://localhost.example',
  ])('refuses %s before any request', (endpoint) => {
    expect(() => armEndpoint({ cloud, endpoint })).toThrow(
      expect.objectContaining({ code: 'InvalidUsage', exitCode: 2 }),
    );
  });

  it.each(['http://127.0.0.1:1', 'http://localhost:1/', 'http://[::1]:1', 'https://arm.example'])(
    'takes %s',
    (endpoint) => {
      expect(armEndpoint({ cloud, endpoint }).url).toBe(endpoint.replace(/\/$/, ''));
    },
  );

  it.each([undefined, 'https://arm.example'])('lets no token by hand go to %s', (endpoint) => {
    expect(() => armEndpoint({ cloud, token: 't', ...(endpoint ? { endpoint } : {}) })).toThrow(
      expect.objectContaining({ code: 'InvalidUsage' }),
    );
  });

  it.each([
    ['https://management.azure.com/x', true],
    ['https://eastus.management.azure.com/x', true],
    ['http://management.azure.com/x', false],
    ['https://management.azure.com.evil.example/x', false],
    ['https://evilmanagement.azure.com/x', false],
    ['https://management.azure.com:8443/x', false],
    ['https://management.azure.com@evil.example/x', false],
    ['https://management.chinacloudapi.cn/x', false],
    ['nonsense', false],
  ])('of the public cloud lets the token go to %s: %s', (url, expected) => {
    expect(armEndpoint({ cloud }).mayReceiveToken(url)).toBe(expected);
  });
});

describe('the cloud', () => {
  it.each([
    [undefined, undefined, 'AzureCloud'],
    [undefined, 'AzureChinaCloud', 'AzureChinaCloud'],
    ['azureusgovernment', undefined, 'AzureUSGovernment'],
    ['AzureCloud', 'Dogfood', 'AzureCloud'],
  ])('asked as %s in a subscription of %s is %s', (asked, environmentName, name) => {
    expect(chooseCloud(asked, environmentName).name).toBe(name);
  });

  it.each([
    ['AzureCloud', 'AzureChinaCloud'],
    ['Moon', undefined],
  ])('asked as %s in a subscription of %s is a usage fault', (asked, environmentName) => {
    expect(() => chooseCloud(asked, environmentName)).toThrow(
      expect.objectContaining({ code: 'InvalidUsage' }),
    );
  });
});

describe("az's files", () => {
  const profile = {
    subscriptions: [
      { id: 'a', name: 'Dev', tenantId: 'ta', isDefault: false, environmentName: 'AzureCloud' },
      { id: 'b', name: 'Prod', tenantId: 'tb', isDefault: true, environmentName: 'AzureChinaCloud' },
      null,
      { name: 'no id' },
    ],
  };

  it('give subscription, group, tenant and cloud, byte order mark or not', async () => {
    await writeFile(join(folder, 'azureProfile.json'), `\uFEFF${JSON.stringify(profile)}`);
    await writeFile(
      join(folder, 'config'),
      '[core]\ngroup = wrong\r\n[defaults]\r\n# group = no\r\ngroup = shop-rg \r\n[x]\ngroup=y',
    );
    const environment = { AZURE_CONFIG_DIR: folder };
    expect(await readAzDefaults(environment)).toEqual({ subscriptionId: 'b', resourceGroup: 'shop-rg' });
    expect(await readAzDefaults({ ...environment, AZURE_DEFAULTS_GROUP: 'mine' })).toMatchObject({
      resourceGroup: 'mine',
    });
    expect(await settings({}, { subscription: 'dev' })).toMatchObject({
      profileTenantId: 'ta',
      cloud: { name: 'AzureCloud' },
    });
    expect(await settings({})).toMatchObject({ profileTenantId: 'tb', cloud: { name: 'AzureChinaCloud' } });
    expect(await settings({}, { subscription: 'A', tenant: 'mine' })).toMatchObject({
      tenantId: 'mine',
      profileTenantId: 'ta',
    });
    await expect(settings({}, { cloud: 'AzureCloud' })).rejects.toMatchObject({ code: 'InvalidUsage' });
  });

  it.each(['', '{', '[]', '{"subscriptions":3}'])('that hold %j say nothing', async (content) => {
    await writeFile(join(folder, 'azureProfile.json'), content);
    expect(await readAzProfile({ AZURE_CONFIG_DIR: folder })).toEqual({ subscriptions: [] });
  });

  it('that are missing say nothing', async () => {
    expect(await readAzDefaults({ AZURE_CONFIG_DIR: join(folder, 'none') })).toEqual({});
  });
});

describe('the settings', () => {
  it.each([{ PODID_ARM_API_VERSION: 'latest' }])('refuse %o', async (environment) => {
    await expect(settings(environment)).rejects.toMatchObject({ code: 'InvalidUsage' });
  });
});

describe('the sign-in', () => {
  it('tells each source and its reason when there is none', async () => {
    const found = await settings({ PATH: folder });
    const path = process.env['PATH'];
    process.env['PATH'] = folder;
    try {
      const error = await createCredential(found)
        .getToken('s')
        .catch((caught) => caught);
      expect(error).toMatchObject({ code: 'NotSignedIn', exitCode: 3 });
      expect(error.details.map((detail: { code: string }) => detail.code)).toEqual([
        'environment',
        'workload identity',
        'Azure Pipelines',
        'az',
        'azd',
      ]);
      expect(error.message).toBe('No sign-in to Azure was found.');
    } finally {
      process.env['PATH'] = path;
    }
  });
});

describe('the token', () => {
  function tokensOf(...given: string[]) {
    const asked: unknown[] = [];
    let nowMs = 0;
    const tokens = createArmTokens({
      scope: 's',
      now: () => nowMs,
      signIn: async () => ({
        async getToken(_scope, options) {
          asked.push(options?.claims);
          return { token: given.shift() ?? 'none', expiresOnTimestamp: nowMs + 3_600_000 };
        },
      }),
    });
    return { tokens, asked, pass: (ms: number) => (nowMs += ms) };
  }

  it('is asked for once by all who want it at the same time', async () => {
    const { tokens, asked } = tokensOf('a', 'b');
    expect(await Promise.all([tokens.get(undefined), tokens.get(undefined)])).toEqual(['a', 'a']);
    expect(await tokens.get(undefined)).toBe('a');
    expect(asked).toHaveLength(1);
  });

  it('is renewed before it ends', async () => {
    const { tokens, pass } = tokensOf('a', 'b');
    expect(await tokens.get(undefined)).toBe('a');
    pass(3_400_000);
    expect(await tokens.get(undefined)).toBe('b');
  });

  it('is renewed once for all whose token was refused, with the claims of the challenge', async () => {
    const { tokens, asked } = tokensOf('a', 'b', 'c');
    await tokens.get(undefined);
    expect(await tokens.renew('a', '{"x":1}', undefined)).toBe('b');
    expect(await tokens.renew('a', undefined, undefined)).toBe('b');
    expect(asked).toEqual([undefined, '{"x":1}']);
  });

  it('names its owner', () => {
    expect(callerOfToken(token)).toBe('anna@contoso.com (object 0b1ec7)');
    expect(callerOfToken('opaque')).toBe('The signed-in principal');
  });
});

describe('masking', () => {
  it.each([
    [`Bearer ${token}`, token],
    ['Authorization: Basic c2VjcmV0', 'c2VjcmV0'],
    ['https://x/y?api-version=1&t=9&s=SIGNATURE&h=HASH', 'SIGNATURE'],
    ['{"clientSecret": "s3\\"cret", "a":1}', 's3'],
    ['{"adminPassword":"s3cret"}', 's3cret'],
  ])('leaves no secret in %s', (line, secret) => {
    expect(maskSecrets(line)).not.toContain(secret);
    expect(maskSecrets(line)).toContain('***');
  });
});

describe('the identity that an assignment error names', () => {
  const reference = (name: string) => ({
    resourceId: `/x/${name}`,
    clientId: `client-${name}`,
    objectId: '',
  });
  const both = [reference('web'), reference('web2')];
  it.each([
    ["no right on '/x/web'", '/x/web'],
    ['no right on /X/WEB2.', '/x/web2'],
    ['client-web lacks it', '/x/web'],
    ['/x/web and /x/web2', undefined],
    ['/x/web3', undefined],
    ['nothing', undefined],
  ])('in %j is %s', (message, expected) => {
    expect(identityNamedIn(message, both)).toBe(expected);
  });
});

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '3' }, 3_000],
    [{ 'retry-after-ms': '40', 'retry-after': '3' }, 40],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9_000],
    [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '-1' }, undefined],
    [{}, undefined],
  ])('of %o is %s ms', (headers: Record<string, string>, expected) => {
    expect(azureRetryAfterMs({ get: (name) => headers[name] }, 1_000)).toBe(expected);
  });
});
