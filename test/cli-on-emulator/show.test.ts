import { describe, expect, it } from 'vitest';
import { withoutAddon } from './doctor-faults.ts';
import { emulatedPodid, identityId } from './emulated-podid.ts';

const web = 'show --namespace demo --name web';

describe('podid show', () => {
  it.each([
    ['with the add-on', '', 'Assigned'],
    ['without it', ' --mode cluster', 'Assigned'],
  ])('is a record of whole ids, and with --pods of objects and pods, %s', async (_what, mode, state) => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    if (mode !== '') {
      withoutAddon(podid.emulator);
    }
    const { stdout } = await podid.run(`${web}${mode} --pods -o table`);
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['name', 'web'],
      ['namespace', 'demo'],
      ['state', state],
      ['label', 'aadpodidbinding=web'],
      ['resource id', expect.stringMatching(new RegExp(`^${identityId('web')}$`, 'i'))],
      ['client id', '00000000-0000-4000-8000-0000c11e0001'],
      ['object id', '00000000-0000-4000-8000-00000b1e0001'],
      ['objects', 'AzureIdentity demo/web'],
      ['', 'AzureIdentityBinding demo/web-binding'],
      ['pods', 'web-1 (Running, on aks-nodepool1-12345678-vmss000000)'],
      [''],
    ]);
    expect(await podid.json(`${web}${mode} --pods --query [pods,objects[].kind]`)).toEqual([
      [{ name: 'web-1', phase: 'Running', node: 'aks-nodepool1-12345678-vmss000000' }],
      ['AzureIdentity', 'AzureIdentityBinding'],
    ]);
  });

  it('asks the cluster nothing without --pods, and says how to', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout } = await podid.run(`${web} -o table`);
    expect(stdout).toMatch(/^pods +those of namespace demo with that label; --pods lists them$/m);
    expect(await podid.json(web)).not.toHaveProperty('pods');
    expect(podid.count('clusters.listUserCredentials')).toBe(0);
  });

  it.each([['pods that have ended, and of other labels and namespaces', 'none']])(
    'leaves out %s',
    async (_what, shown) => {
      await using podid = await emulatedPodid({ scenario: 'in-use' });
      const { kube } = podid.emulator;
      const pod = kube.get('pods', 'demo', 'web-1');
      if (pod === undefined) {
        throw new Error('The scenario has the pod.');
      }
      kube.seed({ ...pod, status: { phase: 'Succeeded' } });
      const other = { ...pod.metadata, name: 'jobs-1', labels: { aadpodidbinding: 'jobs' } };
      kube.seed({ ...pod, metadata: other });
      kube.seed({ ...pod, metadata: { ...pod.metadata, namespace: 'shop' } });
      const { stdout } = await podid.run(`${web} --pods -o table`);
      expect(stdout).toMatch(new RegExp(`^pods +${shown}$`, 'm'));
    },
  );

  it('has the reason of an entry that Failed, and list has it whole below its table', async () => {
    await using podid = await emulatedPodid({ scenario: 'failed-entry' });
    const shown = await podid.run('show --namespace demo --name jobs -o table');
    expect(shown.stdout).toMatch(/^reason +VMSSUpdateFailed: The scale set nodepool1 is locked\.$/m);
    const listed = await podid.run('list --problems -o table');
    expect(listed.stdout).toMatch(
      /^jobs .*Failed\n\ndemo\/jobs: VMSSUpdateFailed: The scale set nodepool1 is locked\.\n$/m,
    );
    expect(listed.stdout).not.toContain('web');
    expect(await podid.json('list --problems --query [].error.code')).toEqual(['VMSSUpdateFailed']);
  });

  it('refuses --pods by commands that Azure runs', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const ran = await podid.run(`${web} --pods --mode cluster --via run-command`);
    expect(ran).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--via reaches the objects alone'),
    });
  });
});
