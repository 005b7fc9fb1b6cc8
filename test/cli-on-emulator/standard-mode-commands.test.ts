import { describe, expect, it } from 'vitest';
import { scaleSetId } from '../../src/emulator/scenarios/machine-parts.ts';
import { type EmulatedPodid, podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import { assign, carried, errorOf, patches, unassign } from './node-worlds.ts';
import { putOn, seedAssignment, seedLease, settle, solo } from './standard-world.ts';

const vmss = 'aks-nodepool1-12345678-vmss';

/** The scenario as podid-mic leaves it, with `web` in its ledger and `jobs` put there by hand. */
async function managedPodid(): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario: 'standard-mode' });
  settle(podid.emulator);
  seedLedger(podid, 'web');
  return podid;
}

function seedLedger({ emulator: { kube } }: EmulatedPodid, ...names: readonly string[]): void {
  const identities = names.map((name) => identityId(name).toLowerCase());
  const on = names.map((_, at) => at);
  const machines = { [scaleSetId('nodepool1').toLowerCase()]: { on } };
  kube.seed({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'podid-mic-ledger', namespace: 'kube-system' },
    data: { ledger: JSON.stringify({ epoch: 7, identities, machines }) },
  });
}

function ledgerOf({ emulator: { kube } }: EmulatedPodid) {
  const data = kube.get('configmaps', 'kube-system', 'podid-mic-ledger')?.['data'] as { ledger: string };
  return JSON.parse(data.ledger) as { epoch: number; machines: Record<string, { on: number[] }> };
}

/** Nothing in the cluster asks for it any more. */
function unbind({ emulator: { kube } }: EmulatedPodid, name: string): void {
  kube.remove('azureidentitybindings', 'demo', `${name}-binding`);
  kube.remove('azureassignedidentities', 'demo', `${name}-1-demo-${name}`);
}

describe('podid node assign of what podid-mic has put on a machine', () => {
  it('takes it out of the ledger, so that it stays, and sends Azure nothing', async () => {
    await using podid = await managedPodid();
    const { stderr, exitCode } = await podid.run(assign('web', '--node-pool', 'nodepool1'));
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(
      `podid-mic had put there itself: web on ${vmss}. It stays from now on until "podid node unassign" takes it off.`,
    );
    expect(ledgerOf(podid)).toMatchObject({ epoch: 7, machines: {} });
    expect(patches(podid)).toEqual([]);
    const again = await podid.run(assign('web', '--node-pool', 'nodepool1'));
    expect(again.stderr).not.toContain('podid-mic');
  });

  it('only says so in a dry run', async () => {
    await using podid = await managedPodid();
    const { stderr } = await podid.run(assign('web', '--node-pool', 'nodepool1', '--dry-run'));
    expect(stderr).toContain('It would stay until');
    expect(Object.keys(ledgerOf(podid).machines)).toHaveLength(1);
  });

  it('never puts what it assigns itself into the ledger', async () => {
    await using podid = await managedPodid();
    expect((await podid.run(assign('jobs'))).exitCode).toBe(0);
    expect(JSON.stringify(ledgerOf(podid))).not.toContain('/jobs');
  });

  it('does its work, and says what it could not see, where the ledger may not be read', async () => {
    await using podid = await managedPodid();
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'configmaps' }] };
    const { stderr, exitCode } = await podid.run(assign('web'));
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(
      /Whether podid-mic had put some .* was not seen.*get configmaps in namespace kube-system/,
    );
  });
});

describe('podid node unassign of what podid-mic has put on a machine', () => {
  it('is refused with what takes it off, while podid-mic leads', async () => {
    await using podid = await managedPodid();
    unbind(podid, 'web');
    const refused = errorOf(await podid.run(unassign('web', '--yes')));
    expect(refused).toMatchObject({
      exitCode: 5,
      code: 'IdentityInUse',
      message: `podid-mic of cluster demo has put there itself: web on ${vmss}. It takes an identity off by itself once no pod has needed it for its --removal-delay, ten minutes unless it is set.`,
      hint: 'podid-mic plan  # shows what is due; --force takes it off now',
    });
    expect(patches(podid)).toEqual([]);
  });

  it('is refused while a binding names it, with the command that takes the entry away', async () => {
    await using podid = await managedPodid();
    const { code, hint } = errorOf(await podid.run(unassign('jobs', '--yes')));
    expect([code, hint]).toEqual(['IdentityInUse', expect.stringContaining('--mode cluster')]);
    const [line = []] = commandsIn(String(hint));
    const typed = await podid.run([...line.filter((word) => word !== '--dry-run'), '--yes', '--force']);
    expect(typed.exitCode, typed.stderr).toBe(0);
    podid.emulator.kube.remove('azureassignedidentities', 'demo', 'jobs-1-demo-jobs');
    expect((await podid.run(unassign('jobs', '--yes'))).exitCode).toBe(0);
  });

  it('is done with --force, and the ledger knows', async () => {
    await using podid = await managedPodid();
    const { exitCode, stderr } = await podid.run(unassign('web', '--yes', '--force'));
    expect(exitCode, stderr).toBe(0);
    expect(patches(podid)).toHaveLength(1);
    expect(ledgerOf(podid).machines).toEqual({});
    expect(stderr).toContain(
      'podid-mic of cluster demo leads, and puts back within minutes what the machines of these pods need: demo/web-1.',
    );
  });

  it.each(['nobody leads', 'no pod needs it'])(
    'is done with --force without a warning where %s',
    async (where) => {
      await using podid = await managedPodid();
      if (where === 'nobody leads') {
        podid.emulator.kube.remove('leases', 'kube-system', 'podid-mic');
      } else {
        unbind(podid, 'web');
      }
      const { exitCode, stderr } = await podid.run(unassign('web', '--yes', '--force'));
      expect(exitCode, stderr).toBe(0);
      expect(stderr).not.toContain('puts back');
    },
  );

  it('is refused with the commands for all entries that name them, where there are several', async () => {
    await using podid = await managedPodid();
    const ids = [identityId('web'), identityId('jobs')];
    const { hint } = errorOf(
      await podid.run(['node', 'unassign', '-g', 'demo-rg', '-c', 'demo', '--identities', ...ids, '--yes']),
    );
    const lines = commandsIn(String(hint));
    expect(lines.map((line) => line.slice(line.indexOf('--name') + 1)[0]).sort()).toEqual(['jobs', 'web']);
    for (const line of lines) {
      const typed = await podid.run([...line.filter((word) => word !== '--dry-run'), '--yes', '--force']);
      expect(typed.exitCode, typed.stderr).toBe(0);
    }
  });

  it('is done where nobody leads any more, who would take it off', async () => {
    await using podid = await managedPodid();
    unbind(podid, 'web');
    podid.emulator.kube.remove('leases', 'kube-system', 'podid-mic');
    expect((await podid.run(unassign('web', '--yes'))).exitCode).toBe(0);
    expect(ledgerOf(podid).machines).toEqual({});
  });

  it('takes off what somebody else had put there', async () => {
    await using podid = await managedPodid();
    unbind(podid, 'jobs');
    const nodes = await podid.json(unassign('jobs', '--yes'));
    expect(carried(nodes)).toEqual([
      ['nodepool1', 'vmss', vmss, 'web', true],
      ['solo', 'vm', solo, '', true],
    ]);
    expect(Object.keys(ledgerOf(podid).machines)).toHaveLength(1);
  });
});

describe('--mode cluster in standard mode', () => {
  const states = (entries: readonly { name: string; provisioningState: string | null }[]) =>
    entries.map(({ name, provisioningState }) => [name, provisioningState]);

  it('lists an entry as Assigned though machines without its pods lack the identity', async () => {
    await using podid = await managedPodid();
    expect(states(await podid.json('list --mode cluster'))).toEqual([
      ['jobs', 'Assigned'],
      ['web', 'Assigned'],
    ]);
  });

  it('lists one whose pod waits as Updating', async () => {
    await using podid = await managedPodid();
    seedAssignment(podid.emulator, 'web', { state: 'Created' });
    expect(states(await podid.json('list --mode cluster'))).toEqual([
      ['jobs', 'Assigned'],
      ['web', 'Updating'],
    ]);
  });

  it('calls it Failed where nobody leads and machines lack it, as in managed mode', async () => {
    await using podid = await managedPodid();
    seedLease(podid.emulator, { holderIdentity: '' });
    expect(states(await podid.json('list --mode cluster'))).toEqual([
      ['jobs', 'Failed'],
      ['web', 'Failed'],
    ]);
  });

  it('adds and deletes entries, and leaves the machines to the controller', async () => {
    await using podid = await managedPodid();
    putOn(podid.emulator, scaleSetId('nodepool1'));
    const added: { provisioningState: string } = await podid.json(
      `add --mode cluster --namespace demo --name front --identity-resource-id ${identityId('web')}`,
    );
    expect(added.provisioningState).toBe('Assigned');
    expect((await podid.run('delete --mode cluster --namespace demo --name front --yes')).exitCode).toBe(0);
    expect(patches(podid)).toEqual([]);
  });

  /** `front`, an entry that podid itself wrote. */
  async function podidWithFront(): Promise<EmulatedPodid> {
    const podid = await managedPodid();
    const identity = ['--identity-resource-id', identityId('web')];
    await podid.json(['add', ...front, '--name', 'front', ...identity]);
    putOn(podid.emulator, scaleSetId('nodepool1'));
    return podid;
  }
  const front = ['--mode', 'cluster', '--namespace', 'demo'];
  const update = (...flags: readonly string[]) => ['update', ...front, '--name', 'front', ...flags, '--yes'];

  it('binds an entry to another label, and leaves the machines to the controller', async () => {
    await using podid = await podidWithFront();
    const entry: { bindingSelector: string } = await podid.json(update('--binding-selector', 'shop'));
    expect(entry.bindingSelector).toBe('shop');
    const binding = podid.emulator.kube.get('azureidentitybindings', 'demo', 'front-binding');
    expect(binding?.['spec']).toMatchObject({ selector: 'shop' });
    expect(patches(podid)).toEqual([]);
    expect(Object.keys(ledgerOf(podid).machines)).toHaveLength(1);
  });

  it('gives an entry another identity in one step, which the controller puts on the machines of its pods', async () => {
    await using podid = await podidWithFront();
    await podid.json(update('--identity-resource-id', identityId('jobs')));
    const identity = podid.emulator.kube.get('azureidentities', 'demo', 'front');
    expect(identity?.['spec']).toMatchObject({ resourceID: expect.stringMatching(/\/jobs$/) });
    expect(patches(podid)).toEqual([]);
    expect(Object.keys(ledgerOf(podid).machines)).toHaveLength(1);
  });

  it('applies a file, deletes what it does not name with --prune, and leaves the machines to the controller', async () => {
    await using podid = await podidWithFront();
    const entry = (name: string, of: string) => ({
      name,
      namespace: 'demo',
      identityResourceId: identityId(of),
    });
    const apply = async (identities: readonly object[], ...flags: readonly string[]) => {
      const file = JSON.stringify({ apiVersion: 'podid.io/v1', kind: 'PodIdentities', identities });
      const ran = await podid.run(['apply', ...front.slice(0, 2), '-f', '-', '--yes', ...flags], {}, file);
      expect(ran.exitCode, ran.stderr).toBe(0);
      return (JSON.parse(ran.stdout) as { changes: { action: string; kind: string; name: string }[] }).changes
        .filter(({ kind }) => kind === 'identity')
        .map(({ action, name }) => `${action} ${name}`)
        .sort();
    };
    expect(await apply([entry('front', 'jobs'), entry('back', 'web')])).toEqual(['add back', 'update front']);
    // What the scenario brings was not written by podid, and is not podid's to prune.
    expect(await apply([entry('front', 'jobs')], '--prune')).toEqual(['delete back']);
    expect(await apply([entry('front', 'jobs')], '--prune')).toEqual([]);
    const entries: { name: string; provisioningState: string }[] = await podid.json('list --mode cluster');
    expect(states(entries)).toEqual([
      ['front', 'Assigned'],
      ['jobs', 'Assigned'],
      ['web', 'Assigned'],
    ]);
    expect(patches(podid)).toEqual([]);
    expect(Object.keys(ledgerOf(podid).machines)).toHaveLength(1);
  });
});
