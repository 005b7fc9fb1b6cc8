import { describe, expect, it } from 'vitest';
import { podidOfErrors as emulatedPodid, identityId, type Ran } from './emulated-podid.ts';

const add = `add --namespace demo --name web --identity-resource-id ${identityId('web')} --poll-interval 10ms`;
const errorOf = ({ stderr }: Ran) => JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
const inCluster = { PODID_MODE: 'cluster' };

/** The add-on is off, and one entry lives in the cluster. */
async function withObjects() {
  const podid = await emulatedPodid();
  expect((await podid.run('disable --yes --poll-interval 10ms')).exitCode).toBe(0);
  const ran = await podid.run(`${add} --mode cluster`);
  expect(ran.exitCode, ran.stderr).toBe(0);
  return podid;
}

describe('PODID_MODE', () => {
  it('counts where --mode is not given, in every command that has it', async () => {
    await using podid = await withObjects();
    const list = await podid.run('list --query [].name', inCluster);
    expect(JSON.parse(list.stdout)).toEqual(['web']);
    expect((await podid.run('list', { ...inCluster, PODID_OUTPUT: 'json' })).exitCode).toBe(0);
    expect(JSON.parse((await podid.run('list --mode addon', inCluster)).stdout)).toEqual([]);
    expect(JSON.parse((await podid.run('list', { PODID_MODE: '' })).stdout)).toEqual([]);
    for (const line of [
      'show --namespace demo --name web',
      'exception add --namespace demo --name old --pod-labels app=old',
      'exception show --namespace demo --name old',
      'status',
      'export',
      'update --namespace demo --name web --binding-selector front --yes',
      'exception delete --namespace demo --name old',
      'delete --namespace demo --name web',
    ]) {
      const ran = await podid.run(line, inCluster);
      expect(ran.exitCode, `${line}: ${ran.stderr}`).toBe(0);
    }
  });

  it('is no business of commands without a mode', async () => {
    await using podid = await withObjects();
    expect((await podid.run('cluster show', { PODID_MODE: 'nonsense' })).exitCode).toBe(0);
  });

  it('has to be a mode', async () => {
    await using podid = await withObjects();
    const ran = await podid.run('list', { PODID_MODE: 'clutser' });
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    expect(errorOf(ran).message).toMatch(/^PODID_MODE.*clutser.*Nearest: cluster/);
  });

  it('is written out in hints, which may be typed where it is not set', async () => {
    await using podid = await withObjects();
    const ran = await podid.run('show --namespace demo --name nobody', inCluster);
    const line = /podid (list .*?) {2}#/.exec(errorOf(ran).hint)?.[1] ?? '';
    expect(line).toContain('--mode cluster');
    expect(JSON.parse((await podid.run(line)).stdout)).toHaveLength(1);
  });

  it('refuses the flags that only the profile of the add-on knows', async () => {
    await using podid = await withObjects();
    const ran = await podid.run(`${add} --no-mirror`, inCluster);
    expect(ran.exitCode).toBe(2);
    expect(errorOf(ran).message).toContain('--no-mirror cannot be used in mode cluster');
  });
});

describe('where the add-on is off and the cluster holds the entries', () => {
  it('an empty list names the way to them, in a script too', async () => {
    await using podid = await withObjects();
    const ran = await podid.run('list -o json');
    expect(JSON.parse(ran.stdout)).toEqual([]);
    expect(ran.stderr).toContain(
      'the cluster itself holds entries as objects. Give the same command with --mode cluster',
    );
  });

  it('a change says so, names the mode, and writes nowhere', async () => {
    await using podid = await withObjects();
    const before = podid.emulator.requests.length;
    const ran = await podid.run(add);
    expect(ran).toMatchObject({ exitCode: 5, stdout: '' });
    const { code, message, hint } = errorOf(ran);
    expect(code).toBe('AddonDisabled');
    expect(message).toContain('The cluster itself holds 1 pod identity as objects.');
    const list = /podid (list .*)$/.exec(hint)?.[1] ?? '';
    expect(JSON.parse((await podid.run(list)).stdout)).toMatchObject([{ name: 'web' }]);
    const writes = podid.emulator.requests
      .slice(before)
      .filter(({ method, path }) => method !== 'GET' && !path.includes('/listCluster'));
    expect(writes).toEqual([]);
  });

  it('says nothing of objects where there are none', async () => {
    await using podid = await emulatedPodid();
    await podid.run('disable --yes --poll-interval 10ms');
    const { message, hint } = errorOf(await podid.run(add));
    expect(message).not.toContain('objects');
    expect(hint).toContain('podid enable');
  });

  it('says what it says elsewhere when the cluster cannot be reached', async () => {
    await using podid = await withObjects();
    podid.emulator.faults.add({ match: { operation: 'kube' }, effect: { status: 503, body: {} } });
    const { code, message } = errorOf(await podid.run(add));
    expect(code).toBe('AddonDisabled');
    expect(message).not.toContain('objects');
  });
});
