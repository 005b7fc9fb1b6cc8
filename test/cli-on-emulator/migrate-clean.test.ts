import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import {
  accountAnnotations,
  addWorkload,
  apply,
  askBefore,
  entriesOf,
  hasToken,
  laterWorld,
  migrate,
  nodeOfAgent,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const record = 'podid.io/migration-cleaned';

type Kind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'CronJob';

function plural(kind: Kind): string {
  return `${kind.toLowerCase()}s`;
}

const podsOfKind = { Deployment: 2, StatefulSet: 3, DaemonSet: 2, CronJob: 0 };

function living(podid: EmulatedPodid, name: string): readonly KubeObject[] {
  return podsOf(podid, `${name}-`).filter(
    ({ status }) => (status as { phase?: string }).phase !== 'Succeeded',
  );
}

/** A world with one workload of this kind, demo/web or demo/main, and its pods there. */
async function worldOf(kind: Kind) {
  const world = await laterWorld();
  const { podid } = world;
  askBefore(podid, kind);
  if (kind === 'Deployment') {
    await until('pods', () => podsOf(podid, 'web-').length === 2);
    return { ...world, name: 'web' };
  }
  podid.emulator.kube.remove('Deployment', 'demo', 'web');
  addWorkload(podid, kind, 'main');
  await until('pods', () => kind === 'CronJob' || podsOf(podid, 'main-').length > 1);
  await until('no pods of before', () => podsOf(podid, 'web-').length === 0);
  return { ...world, name: 'main' };
}

/** A whole run of CronJob demo/main with the label, made of its template as it is. */
function runJob(podid: EmulatedPodid, run: string): void {
  const { emulator } = podid;
  const { kube } = emulator;
  const cronJob = kube.get('cronjobs', 'demo', 'main');
  const own = { controller: true, apiVersion: 'batch/v1' };
  kube.seed({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace: 'demo',
      name: `main-${run}`,
      ownerReferences: [{ ...own, kind: 'CronJob', name: 'main', uid: cronJob?.metadata.uid }],
    } as KubeObject['metadata'],
    spec: { template: { spec: { containers: [] } } },
    status: { conditions: [{ type: 'Complete', status: 'True' }] },
  });
  const job = kube.get('jobs', 'demo', `main-${run}`);
  kube.seed({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      namespace: 'demo',
      name: `main-${run}-x`,
      labels: templateLabels(podid, 'cronjobs', 'main'),
      ownerReferences: [{ ...own, kind: 'Job', name: `main-${run}`, uid: job?.metadata.uid }],
    } as KubeObject['metadata'],
    spec: { nodeName: nodeOfAgent(emulator), containers: [] },
    status: { phase: 'Succeeded' },
  });
}

describe('podid migrate apply --until cleaned on the emulator', () => {
  it.each<Kind>(['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'])(
    'takes a %s from moved to cleaned, and rollback takes it back from either',
    async (kind) => {
      const { podid, toLater, name } = await worldOf(kind);
      await using _ = podid;
      const back = `rollback --workload ${kind}/${name}`;
      const moveOn = async () => {
        expect(await apply(podid, '--until dual')).toMatchObject({ exitCode: 0, rows: [{ state: 'dual' }] });
        if (kind === 'CronJob') {
          runJob(podid, 'a');
        }
        toLater();
      };
      const labels = () => templateLabels(podid, plural(kind), name);
      const before = labels();

      await moveOn();
      expect(await migrate(podid, back)).toMatchObject({
        exitCode: 0,
        rows: [{ from: 'moved', state: 'rolled-back' }],
      });
      expect(labels()).toEqual(before);

      await moveOn();
      const cleaned = await apply(podid, '--until cleaned');
      expect({ ...cleaned, stderr: '' }).toMatchObject({
        exitCode: 0,
        rows: [
          {
            from: 'moved',
            state: 'cleaned',
            wrote: [
              `template of ${kind} demo/${name}: without aadpodidbinding`,
              'pod identity demo/web, deleted',
            ],
          },
        ],
      });
      expect(labels()).toEqual({ app: name, [use]: 'true' });
      expect(living(podid, name).map(hasToken)).toEqual(Array(podsOfKind[kind]).fill(true));
      expect(await entriesOf(podid)).toEqual([]);
      expect(podid.emulator.kube.get('azureidentitybindings', 'demo', 'web-binding')).toBeUndefined();

      const written = writes(podid);
      expect(await apply(podid, '--until cleaned')).toMatchObject({
        exitCode: 0,
        rows: [{ from: 'cleaned', state: 'cleaned', wrote: [] }],
      });
      expect(writes(podid)).toEqual(written);

      expect(await migrate(podid, back)).toMatchObject({
        exitCode: 0,
        rows: [{ from: 'cleaned', state: 'rolled-back' }],
      });
      expect(labels()).toEqual(before);
      expect(await entriesOf(podid)).toEqual(['demo/web']);
      expect(accountAnnotations(podid)).toEqual({});
      const object = podid.emulator.kube.get(plural(kind), 'demo', name);
      expect(object?.metadata.annotations ?? {}).not.toHaveProperty(record);
      expect(living(podid, name).map(hasToken)).toEqual(Array(podsOfKind[kind]).fill(false));
    },
  );

  it('writes nothing for one that has not moved, and says why', async () => {
    const { podid } = await worldOf('Deployment');
    await using _ = podid;
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    const written = writes(podid);
    const { exitCode, rows } = await apply(podid, '--until cleaned');
    expect([exitCode, rows[0]?.state]).toEqual([0, 'dual']);
    expect(rows[0]?.waits).toMatch(
      /^Its pods last asked an agent at 20\S+Z; it has moved after 24 hours without\.$/,
    );
    expect(writes(podid)).toEqual(written);
  });

  it('shows with --dry-run what goes, and writes nothing', async () => {
    const { podid, toLater } = await worldOf('Deployment');
    await using _ = podid;
    await apply(podid, '--until dual');
    toLater();
    const written = writes(podid);
    const { changes } = (await podid.json('migrate apply --until cleaned --dry-run -o json')) as {
      changes: readonly object[];
    };
    expect(changes).toMatchObject([
      { action: 'update', kind: 'workload', before: { templateLabels: { aadpodidbinding: 'web' } } },
      { action: 'delete', kind: 'identity', namespace: 'demo', name: 'web' },
    ]);
    const { stderr, exitCode } = await podid.run('migrate apply --until cleaned');
    expect(exitCode).toBe(2);
    expect(stderr).toContain(
      'The label aadpodidbinding goes from those that have moved, and each entry that no workload has any more.',
    );
    expect(writes(podid)).toEqual(written);
  });

  it('keeps the entry while another workload has it, and deletes it with the last one', async () => {
    const { podid, toLater } = await worldOf('Deployment');
    await using _ = podid;
    addWorkload(podid, 'StatefulSet', 'main');
    await until('pods', () => podsOf(podid, 'main-').length === 3);
    expect((await apply(podid, '--until dual --workload deployment/web')).exitCode).toBe(0);
    toLater();
    const first = await apply(podid, '--until cleaned --workload deployment/web');
    expect([first.exitCode, first.rows[0]?.state, first.rows[0]?.waits]).toEqual([
      0,
      'cleaned',
      'Pod identity demo/web stays: StatefulSet demo/main has it.',
    ]);
    expect(await entriesOf(podid)).toEqual(['demo/web']);
    expect((await podid.run('migrate plan -o table')).stdout).toMatch(/Deployment\/web .* cleaned /);
    askBefore(podid, 'StatefulSet');
    const again = await apply(podid, '--until dual --workload statefulset/main');
    expect([again.exitCode, again.rows[0]?.failure]).toEqual([0, undefined]);
    toLater();
    const second = await apply(podid, '--until cleaned');
    expect(second.rows.map(({ name, state, wrote }) => [name, state, wrote.at(-1)])).toEqual([
      ['web', 'cleaned', 'pod identity demo/web, deleted'],
      ['main', 'cleaned', 'pod identity demo/web, deleted'],
    ]);
    expect(await entriesOf(podid)).toEqual([]);
  });

  it('goes on after a run that Azure stopped between the label and the entry', async () => {
    const { podid, toLater } = await worldOf('Deployment');
    await using _ = podid;
    await apply(podid, '--until dual');
    toLater();
    podid.emulator.faults.set([
      {
        match: { operation: 'clusters.put', times: 1 },
        effect: { status: 403, body: { error: { code: 'AuthorizationFailed', message: 'no' } } },
      },
    ]);
    const stopped = await apply(podid, '--until cleaned');
    expect(stopped).toMatchObject({ exitCode: 8, rows: [{ state: 'cleaned' }] });
    expect(await entriesOf(podid)).toEqual(['demo/web']);
    expect(await apply(podid, '--until cleaned')).toMatchObject({
      exitCode: 0,
      rows: [{ from: 'cleaned', state: 'cleaned', wrote: ['pod identity demo/web, deleted'] }],
    });
    expect(await entriesOf(podid)).toEqual([]);
  });
});

describe('podid migrate rollback of what was cleaned', () => {
  it.each([
    [
      'another identity, which does not trust it',
      '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/jobs',
    ],
  ])('makes no entry for %s, though somebody has written that into the workload', async (_what, identity) => {
    const { podid, toLater } = await worldOf('Deployment');
    await using _ = podid;
    await apply(podid, '--until dual');
    toLater();
    expect((await apply(podid, '--until cleaned')).exitCode).toBe(0);
    const { kube } = podid.emulator;
    const found = kube.get('deployments', 'demo', 'web') as KubeObject;
    const text = JSON.stringify({
      binding: 'web',
      entries: [{ namespace: 'demo', name: 'web', selector: 'web', identity }],
    });
    kube.seed({ ...found, metadata: { ...found.metadata, annotations: { [record]: text } } });
    const { exitCode, rows } = await migrate(podid, 'rollback --workload deployment/web');
    expect([exitCode, rows[0]?.state, rows[0]?.failure?.code]).toEqual([8, 'cleaned', 'NotTrusted']);
    expect(rows[0]?.failure?.hint).toContain(`podid add -g demo-rg -c demo`);
    expect(await entriesOf(podid)).toEqual([]);
    expect(templateLabels(podid)).toEqual({ app: 'web', [use]: 'true' });
  });
});
