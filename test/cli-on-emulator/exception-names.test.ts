import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid } from './emulated-podid.ts';

const modes: readonly (readonly [string, () => Promise<EmulatedPodid>])[] = [
  ['addon', () => emulatedPodid({}, { PODID_MODE: 'addon' })],
  ['cluster', () => emulatedPodid({ scenario: 'first-time' }, { PODID_MODE: 'cluster' })],
];
const add = (namespace: string, ...labels: readonly string[]) =>
  `exception add --namespace ${namespace} --pod-labels ${labels.join(' ')}`;
const fromName = ({ stdout }: { readonly stdout: string }) => JSON.parse(stdout).name as string;

describe.each(modes)('podid exception add without --name, in mode %s,', (_mode, start) => {
  it('says what the exception is called, and lists it so', async () => {
    await using podid = await start();
    const ran = await podid.run(add('demo', 'app=legacy', 'tier=old'));
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(fromName(ran)).toMatch(/^[a-z][a-z0-9]{15}$/);
    expect(ran.stderr).toContain(
      `No --name given: the exception is called ${fromName(ran)}, after its labels.`,
    );
    expect(await podid.json('exception list --namespace demo --query [].name')).toContain(fromName(ran));
  });

  it('changes nothing the second time, whatever the order of the labels', async () => {
    await using podid = await start();
    const name = fromName(await podid.run(add('demo', 'app=legacy', 'tier=old')));
    const before = podid.emulator.requests.length;
    const again = await podid.run(add('demo', 'tier=old', 'app=legacy'));
    expect(again.exitCode, again.stderr).toBe(0);
    expect(fromName(again)).toBe(name);
    expect(again.stderr).toContain(`No --name given: exception demo/${name} has these labels already.`);
    const writes = podid.emulator.requests
      .slice(before)
      .filter(({ method, path }) => ['PUT', 'PATCH'].includes(method) && !path.includes('/listCluster'));
    expect(writes).toEqual([]);
  });

  it('finds the one that has these labels under a name of its own', async () => {
    await using podid = await start();
    await podid.run(`${add('demo', 'app=legacy')} --name legacy`);
    const ran = await podid.run(add('demo', 'app=legacy'));
    expect([ran.exitCode, fromName(ran)]).toEqual([0, 'legacy']);
    expect(ran.stderr).toContain('No --name given: exception demo/legacy has these labels already.');
  });

  it('calls those of other labels or another namespace otherwise', async () => {
    await using podid = await start();
    const lines = [add('demo', 'app=legacy'), add('demo', 'app=other'), add('kube-public', 'app=legacy')];
    const names = [];
    for (const line of lines) {
      names.push(fromName(await podid.run(line)));
    }
    expect(new Set(names).size).toBe(3);
  });

  it('says nothing of a name that was given', async () => {
    await using podid = await start();
    const ran = await podid.run(`${add('demo', 'app=legacy')} --name legacy`);
    expect([ran.exitCode, ran.stderr.includes('No --name given')]).toEqual([0, false]);
  });
});
