import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAzureSettings } from '../../../src/arm/sign-in/read-azure-settings.ts';
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

describe('the settings', () => {
  it.each([
    { PODID_ARM_API_VERSION: 'latest' },
    { HTTPS_PROXY: '10.0.0.1:3128' },
    { https_proxy: 'proxy.contoso.com:3128' },
    { ALL_PROXY: 'nonsense' },
  ])('refuse %o', async (environment) => {
    await expect(settings(environment)).rejects.toMatchObject({ code: 'InvalidUsage' });
  });

  it('take the first proxy that is set, as the SDK does, and never repeat one that is not a URL', async () => {
    const good = { HTTPS_PROXY: 'http://ann:s3cret@10.0.0.1:3128', HTTP_PROXY: 'nonsense' };
    await expect(settings(good)).resolves.toBeDefined();
    await expect(settings({ HTTP_PROXY: 'ann:s3cret@proxy:3128' })).rejects.toMatchObject({
      message: 'HTTP_PROXY is not a URL.',
      hint: hintText('export HTTP_PROXY=http://HOST:PORT'),
    });
  });
});
