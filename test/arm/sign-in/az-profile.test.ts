import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('that know a tenant alone give no subscription, and say so', async () => {
    const account = { id: 't', name: 'N/A(tenant level account)', tenantId: 't', isDefault: true };
    await writeFile(join(folder, 'azureProfile.json'), JSON.stringify({ subscriptions: [account] }));
    expect(await readAzDefaults({ AZURE_CONFIG_DIR: folder })).toEqual({ tenantLevel: true });
  });

  it('beside the working folder, and beside those above it, go before its own', async () => {
    const own = join(folder, '.azure');
    const inner = join(folder, 'repository', 'team');
    for (const [at, group] of [
      [own, 'own'],
      [join(folder, 'repository', '.azure'), 'outer'],
      [join(inner, '.azure'), 'inner'],
    ] as const) {
      await mkdir(at, { recursive: true });
      await writeFile(join(at, 'config'), `[defaults]\ngroup=${group}`);
    }
    const environment = { HOME: folder };
    const groupAt = async (place: string) => (await readAzDefaults(environment, place)).resourceGroup;
    expect(await groupAt(inner)).toBe('inner');
    expect(await groupAt(join(folder, 'repository'))).toBe('outer');
    expect(await groupAt(folder)).toBe('own');
    await writeFile(join(inner, '.azure', 'config'), '[core]\noutput=table');
    expect(await groupAt(inner)).toBe('outer');
  });

  it('that are missing say nothing', async () => {
    expect(await readAzDefaults({ AZURE_CONFIG_DIR: join(folder, 'none') })).toEqual({});
  });
});
