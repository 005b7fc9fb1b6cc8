import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emulatedPodid } from './emulated-podid.ts';

const tenantId = '00000000-0000-4000-8000-00000000000a';
const demo = '00000000-0000-4000-8000-000000000001';
const tenantLevel = { id: tenantId, name: 'N/A(tenant level account)', tenantId, isDefault: true };
const subscription = { id: demo, name: 'demo', tenantId, isDefault: false };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'podid-az-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Lines that work on a cluster, on a group and on a subscription. */
const lines = ['list', 'cluster list', 'identity list', 'doctor', 'node list'];

const flag =
  '--subscription is missing: give it, or set AZURE_SUBSCRIPTION_ID, or keep it by podid config set subscription ID; ';
const ofTenant = "az's default account is that of a tenant, which has no subscription.";

describe.each(lines)("az's default account, for podid %s,", (line) => {
  it.each<[string, readonly object[], string | undefined]>([
    ['of a tenant alone', [tenantLevel], ofTenant],
    ['of a tenant, beside subscriptions', [subscription, tenantLevel], ofTenant],
    ['that nobody has', [], "az's default subscription is not set either."],
    ['with a subscription', [{ ...subscription, isDefault: true }], undefined],
  ])('%s', async (_, subscriptions, sentence) => {
    await writeFile(join(folder, 'azureProfile.json'), JSON.stringify({ subscriptions }));
    await using podid = await emulatedPodid();
    const env = { AZURE_CONFIG_DIR: folder, HOME: folder, AZURE_SUBSCRIPTION_ID: '' };
    const ran = await podid.run(line, env);
    if (sentence === undefined) {
      expect(ran.exitCode, ran.stderr).not.toBe(2);
      return;
    }
    expect(ran.exitCode, ran.stderr).toBe(2);
    expect(ran.stderr).toContain(`${flag}${sentence}`);
    expect(podid.emulator.requests.filter(({ path }) => path.includes(tenantId))).toEqual([]);
    const named = await podid.run(`${line} --subscription ${demo}`, env);
    expect(named.exitCode, named.stderr).not.toBe(2);
  });
});
