import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/workflows/doctor/check.ts';
import { podidOfErrors as emulatedPodid, identityId } from './emulated-podid.ts';
import { errorOf } from './node-worlds.ts';

const unreachable = { match: { operation: 'kube' }, effect: { status: 503, body: {} } } as const;

describe('podid doctor where the API of the cluster does not answer', () => {
  it('prints what it found, says that the rest is no pass, and ends with 7', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    expect((await podid.run('doctor')).exitCode).toBe(0);
    podid.emulator.faults.add(unreachable);
    const ran = await podid.run('doctor -o json');
    const { checks } = JSON.parse(ran.stdout) as { readonly checks: readonly CheckResult[] };
    const unmade = checks.filter(({ message }) => message.startsWith('Could not be checked.'));
    expect(unmade.length).toBeGreaterThan(5);
    expect(checks.every((check) => !('unread' in check))).toBe(true);
    expect(errorOf(ran)).toMatchObject({
      ...{ exitCode: 7, code: 'ClusterUnreachable' },
      message: expect.stringMatching(/^\d+ checks were not made, which is no pass: /),
    });
  });

  it('does the same where it is Azure that does not answer', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const error = { code: 'ServerBusy', message: 'The service is busy right now.' };
    podid.emulator.faults.add({
      match: { operation: 'clusters.get' },
      effect: { status: 503, body: { error }, headers: { 'retry-after-ms': '1' } },
    });
    const ran = await podid.run('doctor -o json');
    const { checks } = JSON.parse(ran.stdout) as { readonly checks: readonly CheckResult[] };
    expect(checks.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(errorOf(ran)).toMatchObject({
      ...{ exitCode: 7, code: 'Unavailable' },
      message: expect.stringMatching(/^\d+ checks were not made, which is no pass: .*busy right now/),
    });
  });

  it('ends with 10 where a check failed besides', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.world.roleAssignments.clear();
    podid.emulator.faults.add(unreachable);
    expect((await podid.run('doctor')).exitCode).toBe(10);
  });

  it('ends with 0 where a right alone is missing, which is named', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    podid.emulator.kube.faults = { ...podid.emulator.kube.faults, deny: [{ resource: 'pods' }] };
    const { exitCode, stdout } = await podid.run('doctor -o json');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Could not be checked\. .*list pods/);
  });
});

describe('podid init where the add-on is off and the cluster holds entries as objects', () => {
  const web = `--namespace demo --name web --identity-resource-id ${identityId('web')}`;
  const init = `init -g demo-rg -c demo --namespace demo --identity-resource-id ${identityId('jobs')} --yes`;

  async function withObjects() {
    const podid = await emulatedPodid({ scenario: 'first-time' });
    await podid.json(`add --mode cluster ${web}`);
    return podid;
  }

  it('does not turn the add-on on unless it is told to, and names both ways', async () => {
    await using podid = await withObjects();
    const refused = errorOf(await podid.run(init));
    expect(refused).toMatchObject({
      ...{ exitCode: 2, code: 'InvalidUsage' },
      message:
        '--mode is missing: pod identity is off on cluster demo, and the cluster itself holds 1 pod identity as objects.',
    });
    expect(await podid.json('status --query enabled')).toBe(false);
    const lines = [...String(refused.hint).matchAll(/podid (init .*?)(?=; |$)/g)].map(
      ([, line = '']) => line,
    );
    expect(lines.map((line) => /--mode (\w+)/.exec(line)?.[1])).toEqual(['cluster', 'addon']);
    const [inCluster = ''] = lines;
    const ran = await podid.run(inCluster);
    expect(ran.exitCode, `${inCluster}: ${ran.stderr}`).toBe(0);
    expect(await podid.json('list --mode cluster --query [].name')).toEqual(['jobs', 'web']);
    expect(await podid.json('status --query enabled')).toBe(false);
  });

  it('turns it on where it is told to', async () => {
    await using podid = await withObjects();
    const ran = await podid.run(`${init} --mode addon --poll-interval 10ms`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(await podid.json('status --query enabled')).toBe(true);
  });
});
