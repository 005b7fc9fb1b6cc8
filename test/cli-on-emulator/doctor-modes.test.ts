import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const addWeb = ['add', '--mode', 'cluster', '--namespace', 'demo', '--name', 'web'];

async function checksOf(podid: EmulatedPodid, line = 'doctor'): Promise<(name: string) => CheckResult> {
  const { stdout } = await podid.run(`${line} -o json`);
  const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
  return (name) => {
    const found = checks.find((check) => check.name === name);
    if (found === undefined) {
      throw new Error(`There is no check ${name}.`);
    }
    return found;
  };
}

async function withEntry(scenario: string): Promise<EmulatedPodid> {
  const podid = await emulatedPodid({ scenario });
  await podid.json([...addWeb, '--identity-resource-id', identityId('web')]);
  return podid;
}

describe('the doctor on a cluster without the add-on', () => {
  it.each(['first-time', 'service-principal', 'kubenet'])(
    'leads nobody to the add-on who works without it: %s',
    async (scenario) => {
      await using podid = await withEntry(scenario);
      const { stdout, exitCode } = await podid.run('doctor -o json');
      const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
      expect(checks.filter(({ result }) => result === 'fail')).toEqual([]);
      expect(exitCode).toBe(0);
      expect(checks.map(({ hint }) => String(hint ?? '')).join('\n')).not.toMatch(
        /podid enable|cluster update|object-id ''/,
      );
    },
  );

  it('takes a service principal for what it is', async () => {
    await using podid = await withEntry('service-principal');
    expect((await checksOf(podid))('cluster-identity')).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('runs as a service principal, which does not matter'),
    });
  });

  it('names the way first that needs nothing, and then what the add-on needs, in order', async () => {
    await using secret = await emulatedPodid({ scenario: 'service-principal' });
    expect((await checksOf(secret))('add-on')).toMatchObject({
      result: 'fail',
      hint: expect.stringMatching(
        /^Without the add-on: podid add .*--mode cluster --help; with it: podid cluster update .*, then podid enable /,
      ),
    });
    await using kubenet = await emulatedPodid({ scenario: 'kubenet' });
    expect((await checksOf(kubenet))('add-on').hint).toMatch(
      /with it: podid policy kubenet .*--apply, then podid enable .*--enable-pod-identity-with-kubenet$/,
    );
  });
});

describe('kubenet', () => {
  it('is warned of until the policy stands, as the hint says, and not after', async () => {
    await using podid = await withEntry('kubenet');
    const before = (await checksOf(podid))('network-plugin');
    expect(before).toMatchObject({ result: 'warn', message: expect.stringContaining('NET_RAW') });
    const [, line = ''] = /^podid (.*--apply) denies NET_RAW to new pods/.exec(String(before.hint)) ?? [];
    expect(await podid.run(line)).toMatchObject({ exitCode: 0 });
    expect((await checksOf(podid))('network-plugin')).toMatchObject({
      result: 'pass',
      message: expect.stringContaining('(vap) refuses new pods'),
    });
  });

  it('is warned of where the policy does not deny', async () => {
    await using podid = await withEntry('kubenet');
    await podid.run('policy kubenet --apply');
    const { kube } = podid.emulator;
    const binding = kube.get('validatingadmissionpolicybindings', '', 'podid-kubenet-net-raw');
    if (binding === undefined) {
      throw new Error('The policy has its binding.');
    }
    kube.seed({ ...binding, spec: { ...(binding.spec as object), validationActions: ['Warn'] } });
    expect((await checksOf(podid))('network-plugin').result).toBe('warn');
  });

  it('says that the policy could not be read', async () => {
    await using podid = await withEntry('kubenet');
    const { kube } = podid.emulator;
    kube.faults = { ...kube.faults, deny: [{ resource: 'validatingadmissionpolicies' }] };
    expect((await checksOf(podid))('network-plugin')).toMatchObject({
      result: 'warn',
      message: expect.stringContaining('could not be read'),
    });
  });
});
