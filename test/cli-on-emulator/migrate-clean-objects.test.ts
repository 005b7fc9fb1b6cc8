import { describe, expect, it } from 'vitest';
import { withoutAddon } from './doctor-faults.ts';
import { identityId } from './emulated-podid.ts';
import { commandsIn } from './hint-commands.ts';
import {
  apply,
  hasToken,
  laterWorld,
  migrate,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

/** A cluster without the add-on, whose pod identity demo/web is objects and an identity on its nodes. */
async function objectsWorld() {
  const world = await laterWorld();
  const { podid } = world;
  const { kube } = podid.emulator;
  withoutAddon(podid.emulator);
  kube.remove('AzureIdentity', 'demo', 'web');
  kube.remove('AzureIdentityBinding', 'demo', 'web-binding');
  await podid.json(
    `add --mode cluster --namespace demo --name web --identity-resource-id ${identityId('web')} -o json`,
  );
  const agent = kube.list('Pod', 'kube-system').find(({ metadata }) => /^podid-nmi/.test(metadata.name));
  const { nodeName: node } = (agent?.['spec'] ?? {}) as { nodeName?: string };
  const controller = { kind: 'ReplicaSet', name: 'web-5c9d' };
  const library = { sdk: 'azsdk-python-identity', version: '1.15.0', agoSec: 60 };
  podid.emulator.seed({
    record: { asks: [{ namespace: 'demo', name: 'before', node, controller, ...library }] },
  });
  await until('pods', () => podsOf(podid, 'web-').length === 2);
  return world;
}

async function entries({ json }: Awaited<ReturnType<typeof laterWorld>>['podid']) {
  const list = (await json('list --mode cluster -o json')) as readonly { namespace: string; name: string }[];
  return list.map(({ namespace, name }) => `${namespace}/${name}`);
}

describe('podid migrate apply --until cleaned without the add-on', () => {
  it('takes the objects away, names what takes the identity off the nodes, and rollback makes them again', async () => {
    const { podid, toLater } = await objectsWorld();
    await using _ = podid;
    const before = templateLabels(podid);
    expect(await entries(podid)).toEqual(['demo/web']);
    expect(await apply(podid, '--until dual')).toMatchObject({ exitCode: 0, rows: [{ state: 'dual' }] });
    toLater();
    const changed = podid.count('clusters.put');
    const { changes } = (await podid.json('migrate apply --until cleaned --dry-run -o json')) as {
      changes: readonly object[];
    };
    expect(changes).toMatchObject([
      { action: 'update', kind: 'workload' },
      { action: 'delete', kind: 'identity', namespace: 'demo', name: 'web' },
    ]);

    const cleaned = await apply(podid, '--until cleaned');
    expect({ ...cleaned, stderr: '' }).toMatchObject({
      exitCode: 0,
      rows: [
        {
          from: 'moved',
          state: 'cleaned',
          wrote: [
            'template of Deployment demo/web: without aadpodidbinding',
            'pod identity demo/web, deleted',
          ],
        },
      ],
    });
    const { kube } = podid.emulator;
    expect(await entries(podid)).toEqual([]);
    expect(kube.get('AzureIdentity', 'demo', 'web')).toBeUndefined();
    expect(kube.get('AzureIdentityBinding', 'demo', 'web-binding')).toBeUndefined();
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(podid.count('clusters.put')).toBe(changed);

    const written = writes(podid);
    expect(await apply(podid, '--until cleaned')).toMatchObject({
      exitCode: 0,
      rows: [{ from: 'cleaned', state: 'cleaned', wrote: [] }],
    });
    expect(writes(podid)).toEqual(written);

    const unassign = commandsIn(cleaned.stderr).find((words) => words.join(' ').startsWith('node unassign'));
    expect(unassign, cleaned.stderr).toBeDefined();
    const tried = await podid.run(unassign ?? []);
    expect(tried.exitCode, tried.stderr).toBe(0);

    expect(await migrate(podid, 'rollback --workload deployment/web')).toMatchObject({
      exitCode: 0,
      rows: [{ from: 'cleaned', state: 'rolled-back' }],
    });
    expect(templateLabels(podid)).toEqual(before);
    expect(await entries(podid)).toEqual(['demo/web']);
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
  });

  it('goes on after a run that the API server stopped between the label and the objects', async () => {
    const { podid, toLater } = await objectsWorld();
    await using _ = podid;
    await apply(podid, '--until dual');
    toLater();
    const { kube } = podid.emulator;
    const deny = [{ verb: 'delete', resource: 'azureidentities' }];
    kube.faults = { ...kube.faults, deny };
    const stopped = await apply(podid, '--until cleaned');
    expect(stopped).toMatchObject({ exitCode: 8, rows: [{ state: 'cleaned' }] });
    expect(await entries(podid)).toEqual(['demo/web']);
    kube.faults = { ...kube.faults, deny: [] };
    expect(await apply(podid, '--until cleaned')).toMatchObject({
      exitCode: 0,
      rows: [{ from: 'cleaned', state: 'cleaned', wrote: ['pod identity demo/web, deleted'] }],
    });
    expect(await entries(podid)).toEqual([]);
  });
});
