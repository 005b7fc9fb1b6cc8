import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredential } from '../../../src/arm/sign-in/credential.ts';
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

describe('the sign-in', () => {
  it('reports each source and its reason when there is none', async () => {
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
