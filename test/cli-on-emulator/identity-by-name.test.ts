import { describe, expect, it } from 'vitest';
import { type EmulatedPodid, emulatedPodid, identityId, identityIdInAzure } from './emulated-podid.ts';

const add = 'add --namespace demo --name web --poll-interval 10ms';

function twin({ emulator }: EmulatedPodid): string {
  const id = identityId('web').replace('/demo-rg/', '/other-rg/');
  const own = emulator.world.identities.get(identityId('web').toLowerCase());
  emulator.world.identities.set(id.toLowerCase(), { ...own, id });
  return id;
}

describe('podid add and podid update --identity', () => {
  it.each(['web', 'WEB', 'demo-rg/web'])('take %s for the identity of that name', async (name) => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(`${add} --identity ${name}`);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ identity: { resourceId: identityIdInAzure('web') } });
    expect((await podid.run(`${add} --identity-resource-id ${identityId('web')}`)).exitCode).toBe(0);
  });

  it('replace the identity of an entry', async () => {
    await using podid = await emulatedPodid();
    await podid.run(`${add} --identity web`);
    const ran = await podid.run(
      'update --namespace demo --name web --identity jobs --yes --poll-interval 10ms',
    );
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ identity: { resourceId: identityIdInAzure('jobs') } });
  });

  it('change nothing where several have the name, and name them with their ids', async () => {
    await using podid = await emulatedPodid();
    const other = twin(podid);
    const ran = await podid.run(`${add} --identity web -o json`);
    expect(ran).toMatchObject({ exitCode: 2, stdout: '' });
    const { details } = JSON.parse(ran.stderr.trimEnd().split('\n').at(-1) ?? '');
    const ids = details.map(({ message }: { message: string }) => message.toLowerCase());
    expect(new Set(ids)).toEqual(new Set([identityId('web').toLowerCase(), other.toLowerCase()]));
    expect(podid.emulator.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
    expect((await podid.run(`${add} --identity demo-rg/web`)).exitCode).toBe(0);
  });

  it('name the nearest where none has the name, and the command that lists them', async () => {
    await using podid = await emulatedPodid();
    const ran = await podid.run(`${add} --identity jbos`);
    expect(ran.exitCode).toBe(4);
    expect(ran.stderr).toContain('You see no managed identity called "jbos"');
    expect(ran.stderr).toContain('Nearest: jobs.');
    const list = /podid (identity list[^\n]*?) {2}# lists them/.exec(ran.stderr)?.[1] ?? '';
    expect((await podid.run(list)).exitCode).toBe(0);
  });

  it.each([
    ['both', `--identity web --identity-resource-id ${identityId('web')}`],
    ['neither', ''],
    ['a name that cannot be created', '--identity web --create-identity'],
  ])('ask nobody with %s', async (_, flags) => {
    await using podid = await emulatedPodid();
    expect(await podid.run(`${add} ${flags}`.trim())).toMatchObject({ exitCode: 2, stdout: '' });
    expect(podid.emulator.requests).toEqual([]);
  });

  it('need a subscription to look in', async () => {
    await using podid = await emulatedPodid();
    const kubeconfig = podid.emulator.environment['KUBECONFIG'] ?? '';
    const ran = await podid.run(`${add} --mode cluster --kubeconfig ${kubeconfig} --identity web`, {
      PODID_CLUSTER_NAME: '',
      PODID_RESOURCE_GROUP: '',
    });
    expect(ran.exitCode).toBe(2);
  });
});
