import { describe, expect, it } from 'vitest';
import { emulatedPodid, identityId, identityIdInAzure } from './emulated-podid.ts';

describe('podid identity list', () => {
  it("prints the identities of the subscription by az's names, and with -g those of one group", async () => {
    await using podid = await emulatedPodid();
    const all = await podid.json('identity list');
    expect(all).toContainEqual({
      id: expect.stringMatching(new RegExp(`^${identityId('web')}$`, 'i')),
      name: 'web',
      resourceGroup: 'demo-rg',
      location: 'westeurope',
      clientId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      principalId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      tenantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    const inGroup = await podid.json('identity list -g DEMO-RG --query [].resourceGroup');
    expect(new Set(inGroup)).toEqual(new Set(['demo-rg']));
    expect(await podid.json('identity list -g elsewhere')).toEqual([]);
  });

  it('is no business of the cluster that the environment names', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('identity list --query [].name', { PODID_CLUSTER_NAME: 'gone' });
    expect(ran.exitCode).toBe(0);
  });

  it('names the subscription that is not there, by name too', async () => {
    await using podid = await emulatedPodid();
    const byName = ['identity', 'list', '--subscription', 'Emulated subscription', '--query', '[].name'];
    expect(await podid.json(byName)).toContain('web');
    const ran = await podid.run('identity list --subscription lab');
    expect(ran).toMatchObject({ exitCode: 4, stdout: '' });
    expect(ran.stderr).toContain('lab');
  });

  it('asks for nothing with a wrong group', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(['identity', 'list', '-g', 'a/b']);
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toMatch(/--resource-group: "a\/b" is not a resource group/);
    expect(podid.emulator.requests).toEqual([]);
  });
});

describe('podid identity show', () => {
  it('prints one identity, whose id podid add takes', async () => {
    await using podid = await emulatedPodid();
    const id = await podid.run('identity show -n web -o tsv --query id');
    expect(id).toMatchObject({ exitCode: 0, stdout: `${identityIdInAzure('web')}\n` });
    const add = ['add', '--namespace', 'demo', '--name', 'web', '--identity-resource-id', id.stdout.trim()];
    expect((await podid.run(add)).exitCode).toBe(0);
  });

  it('says of one that is not there which are', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run('identity show -g demo-rg -n wbe');
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toMatch(/^podid: .*wbe/m);
    const hint = /^hint: podid (identity list .*)$/m.exec(ran.stderr)?.[1] ?? '';
    expect(await podid.json(`${hint} --query [].name`)).toContain('web');
  });
});

describe('podid cluster list', () => {
  it('prints the clusters of the subscription with what decides about pod identity', async () => {
    await using podid = await emulatedPodid();
    expect(await podid.json('cluster list')).toEqual([
      {
        id: expect.stringMatching(/\/resourceGroups\/demo-rg\/.*\/managedClusters\/demo$/),
        name: 'demo',
        resourceGroup: 'demo-rg',
        provisioningState: 'Succeeded',
        powerState: 'Running',
        networkPlugin: 'azure',
        identityType: 'SystemAssigned',
        podIdentityEnabled: true,
      },
    ]);
    expect((await podid.run('cluster list -o table')).stdout).toMatch(
      /^NAME +GROUP +STATE +PLUGIN +IDENTITY +ADD-ON *\ndemo +demo-rg +Succeeded +azure +SystemAssigned +on/,
    );
    expect(await podid.json('cluster list -g elsewhere')).toEqual([]);
  });
});
