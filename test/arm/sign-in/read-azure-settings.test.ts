import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAzureSettings } from '../../../src/arm/sign-in/read-azure-settings.ts';
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
  it.each([{ PODID_ARM_API_VERSION: 'latest' }])('refuse %o', async (environment) => {
    await expect(settings(environment)).rejects.toMatchObject({ code: 'InvalidUsage' });
  });
});
