import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectArm } from '../../../src/arm/connection/arm-connection.ts';
import { clouds } from '../../../src/arm/sign-in/clouds.ts';
import { readAzureSettings } from '../../../src/arm/sign-in/read-azure-settings.ts';
import { createNetwork } from '../../../src/network/network.ts';
import { hintText } from '../../hint-text.ts';
import { instantClock } from '../arm-server.ts';

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

const base = {
  cloud: clouds.AzureCloud,
  environment: {},
  ways: [],
  userAgent: 'podid/0',
  clock: instantClock,
};

describe('the settings', () => {
  it('refuse an api-version that cannot be one', async () => {
    await expect(settings({ PODID_ARM_API_VERSION: 'latest' })).rejects.toMatchObject({
      code: 'InvalidUsage',
    });
  });

  it('lead to a proxy as curl takes it, and never repeat one that cannot be', async () => {
    for (const proxy of ['10.0.0.1:3128', 'proxy.contoso.com:3128', 'http://ann:s3cret@10.0.0.1:3128']) {
      expect(() => connectArm({ ...base, network: createNetwork({ HTTPS_PROXY: proxy }) })).not.toThrow();
    }
    const network = createNetwork({ https_proxy: 'ftp://ann:s3cret@proxy' });
    expect(() => connectArm({ ...base, network })).toThrow(
      expect.objectContaining({
        code: 'InvalidUsage',
        message: 'https_proxy begins with ftp://, and podid takes http, https, socks4 or socks5.',
        hint: hintText('export https_proxy=http://HOST:PORT'),
      }),
    );
  });
});
