import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAzDefaults, readAzProfile } from '../../../src/arm/sign-in/az-profile.ts';
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
      profile: expect.objectContaining({ tenantId: 'ta' }),
      cloud: { name: 'AzureCloud' },
    });
    expect(await settings({})).toMatchObject({
      profile: expect.objectContaining({ tenantId: 'tb' }),
      cloud: { name: 'AzureChinaCloud' },
    });
    expect(await settings({}, { subscription: 'A', tenant: 'mine' })).toMatchObject({
      tenantId: 'mine',
      profile: expect.objectContaining({ tenantId: 'ta' }),
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
