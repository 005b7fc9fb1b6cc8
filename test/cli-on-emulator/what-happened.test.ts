import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId } from './emulated-podid.ts';

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')}`;
const exception = 'exception add --namespace demo --name legacy --pod-labels';

const worlds = {
  addon: { scenario: undefined, flags: '' },
  cluster: { scenario: 'first-time', flags: ' --mode cluster' },
} as const;

describe.each(Object.entries(worlds))('in mode %s, a change', (_mode, { scenario, flags }) => {
  it.each([
    ['that made an entry', [], add, 'Created pod identity demo/web.'],
    ['that had nothing to do', [add], add, 'Nothing to change: pod identity demo/web is there already.'],
    [
      'of the selector',
      [add],
      'update --namespace demo --name web --binding-selector front',
      'Changed pod identity demo/web.',
    ],
    [
      'of the identity',
      [add],
      `update --namespace demo --name web --identity-resource-id ${identityId('jobs')} --yes`,
      'Changed pod identity demo/web.',
    ],
    [
      'that took an entry away',
      [add],
      'delete --namespace demo --name web',
      'Deleted pod identity demo/web.',
    ],
    ['that made an exception', [], `${exception} app=old`, 'Created exception demo/legacy.'],
    [
      'of an exception that is there',
      [`${exception} app=old`],
      `${exception} app=old`,
      'Nothing to change: exception demo/legacy is there already.',
    ],
    [
      'of labels',
      [`${exception} app=old`],
      'exception update --namespace demo --name legacy --pod-labels app=new',
      'Changed exception demo/legacy.',
    ],
    [
      'that took an exception away',
      [`${exception} app=old`],
      'exception delete --namespace demo --name legacy',
      'Deleted exception demo/legacy.',
    ],
  ])('says what it has done, once: %s', async (_what, before, line, words) => {
    await using podid = await emulatedPodid(scenario === undefined ? {} : { scenario });
    for (const each of before) {
      await podid.json(`${each}${flags}`);
    }
    const planned = await podid.run(`${line}${flags} --dry-run`);
    expect(planned.stderr).not.toMatch(/^(?:Created|Changed|Deleted|Nothing to change)/m);
    const ran = await podid.run(`${line}${flags}`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(ran.stderr.match(/^(?:Created|Changed|Deleted|Nothing to change).*$/gm)).toEqual([words]);
  });

  it.each([
    [`${exception} aadpodidbinding=web`, true],
    [`${exception} app=old aadpodidbinding=web`, true],
    [`${exception} aadpodidbinding=web --dry-run`, true],
    [`${exception} app=aadpodidbinding`, false],
  ])('by the label that binds pods is warned of: "%s" %s', async (line, isWarned) => {
    await using podid = await emulatedPodid(scenario === undefined ? {} : { scenario });
    const ran = await podid.run(`${line}${flags}`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    const warning = 'takes every pod of namespace demo with aadpodidbinding=web';
    expect(ran.stderr.includes(warning)).toBe(isWarned);
  });

  it('by the label that binds pods is warned of when an exception is changed too', async () => {
    await using podid = await emulatedPodid(scenario === undefined ? {} : { scenario });
    expect((await podid.run(`${exception} app=old${flags}`)).exitCode).toBe(0);
    for (const [labels, isWarned] of [
      ['app=older', false],
      ['aadpodidbinding=web', true],
    ] as const) {
      const ran = await podid.run(`${exception.replace(' add ', ' update ')} ${labels}${flags}`);
      expect(ran.exitCode, ran.stderr).toBe(0);
      expect(ran.stderr.includes('takes every pod of namespace demo with aadpodidbinding=web')).toBe(
        isWarned,
      );
    }
  });

  it('that is refused is not warned of before', async () => {
    await using podid = await emulatedPodid(scenario === undefined ? {} : { scenario });
    const labels = `--pod-labels aadpodidbinding=web${flags}`;
    const missing = await podid.run(`exception update --namespace demo --name nosuch ${labels}`);
    expect(missing.exitCode).toBe(4);
    expect(missing.stderr).not.toContain('takes every pod');
    await podid.run(`exception add --namespace demo --name old --pod-labels app=old${flags}`);
    const taken = await podid.run(`exception add --namespace demo --name old ${labels}`);
    expect(taken.exitCode).toBe(5);
    expect(taken.stderr).not.toContain('takes every pod');
  });

  it('by a file with such an exception is warned of too', async () => {
    await using podid = await emulatedPodid(scenario === undefined ? {} : { scenario });
    const file = JSON.stringify({
      ...{ apiVersion: 'podid.io/v1', kind: 'PodIdentities' },
      exceptions: [{ name: 'legacy', namespace: 'demo', podLabels: { aadpodidbinding: 'web' } }],
    });
    for (const command of ['plan', 'apply']) {
      const ran = await podid.run(`${command} -f -${flags}`, {}, file);
      expect(ran.stderr).toContain('takes every pod of namespace demo with aadpodidbinding=web');
    }
  });
});

describe('an entry that Azure did not assign', () => {
  it('is listed and shown with the reason, whole', async () => {
    await using podid = await emulatedPodid({ scenario: 'failed-entry' });
    const [, entry] = (await podid.json('list')) as { error: { code: string; message: string } }[];
    const reason = [entry?.error.code, entry?.error.message] as const;
    expect(reason.join('')).not.toBe('');
    expect((await podid.run('list -o table')).stdout).toContain(`demo/jobs: ${reason.join(': ')}`);
    const shown = (await podid.run('show --namespace demo --name jobs -o table')).stdout;
    expect(shown).toContain(`reason       ${reason.join(': ')}\n`);
    expect(shown.toLowerCase()).toContain(`resource id  ${identityId('jobs')}\n`.toLowerCase());
    expect(shown).toContain('those of namespace demo with that label');
  });
});

describe('disable', () => {
  it('says that entries went when they have gone, and not when nobody agreed', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const refused = await podid.run('disable');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('will be removed: pod identity demo/web');
    expect(refused.stderr).not.toMatch(/^(?:removed|Turned)/im);
    const ran = await podid.run('disable --yes');
    expect(ran.stderr).toContain(
      'Turned pod identity off on cluster demo. Removed: 1 pod identity and 0 exceptions.',
    );
    expect((await podid.run('disable --yes')).stderr).not.toContain('Turned');
  });
});

describe('doctor --fix', () => {
  const fix = 'doctor --fix --yes -o json';
  const fixedBy = async (podid: EmulatedPodid) => {
    const ran = await podid.run(fix);
    return { ...ran, fixed: (JSON.parse(ran.stdout) as { fixed: unknown[] }).fixed };
  };

  it('shows what is wrong before it does anything, and says what it did, in text and JSON', async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    const { fixed, stderr } = await fixedBy(podid);
    const deed = expect.stringMatching(/^Removed 1 entry whose managed identity was gone: demo\//);
    expect(fixed).toContainEqual({ check: 'identities', message: deed });
    expect(stderr).toMatch(/^✗ identities: The managed identity is gone[\s\S]*^Removed 1 entry/m);
  });

  it('says that it did nothing by an empty list', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    expect((await fixedBy(podid)).fixed).toEqual([]);
    expect(JSON.parse((await podid.run('doctor -o json')).stdout)).not.toHaveProperty('fixed');
  });

  it('shows what is wrong before it asks', async () => {
    await using podid = await emulatedPodid({ scenario: 'gone-identity' });
    const ran = await podid.run('doctor --fix');
    expect(ran.exitCode).toBe(2);
    expect(ran.stderr).toContain('✗ identities: The managed identity is gone');
  });
});

describe('delete', () => {
  it('shows the state that the entry had before', async () => {
    await using podid = await emulatedPodid({ scenario: 'in-use' });
    const { stdout } = await podid.run('delete --namespace demo --name web -o table');
    expect(stdout).toMatch(/STATE-BEFORE\n.*Assigned\n$/);
  });
});
