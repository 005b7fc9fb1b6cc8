import { describe, expect, it } from 'vitest';
import {
  accountAnnotations,
  addWorkload,
  apply,
  hasToken,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';

describe('podid migrate apply --until dual on the emulator', () => {
  it('takes a Deployment to its new pods, with the old label beside the new one, and writes nothing twice', async () => {
    await using podid = await movingWorld();
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect({ exitCode, rows }).toMatchObject({
      exitCode: 0,
      rows: [
        {
          from: 'planned',
          state: 'dual',
          wrote: [expect.any(String), expect.any(String), expect.any(String)],
        },
      ],
    });
    expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web', [use]: 'true' });
    expect(accountAnnotations(podid)).toEqual({
      'azure.workload.identity/client-id': '00000000-0000-4000-8000-0000c11e0001',
    });
    const pods = podsOf(podid, 'web-');
    expect(pods.length).toBe(2);
    expect(pods.every(hasToken)).toBe(true);
    expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.spec).not.toMatchObject({ paused: true });
    const written = writes(podid);
    expect(await apply(podid, '--until dual')).toMatchObject({
      exitCode: 0,
      rows: [{ state: 'dual', wrote: [] }],
    });
    expect(writes(podid)).toEqual(written);
  });

  it.each([
    ['of the usual shares', undefined, '25%', 0],
    ['of waves of half of it', { maxSurge: '50%', maxUnavailable: '50%' }, '50%', 0],
    ['that makes none more than there are to be', { maxSurge: 0, maxUnavailable: 4 }, 0, 1],
  ])('makes one new pod of a Deployment first, %s', async (_, rollingUpdate, maxSurge, fewer) => {
    await using podid = await movingWorld();
    const { kube } = podid.emulator;
    const found = structuredClone(kube.get('deployments', 'demo', 'web')) as never as {
      spec: { replicas: number; strategy?: object };
    };
    found.spec.replicas = 8;
    if (rollingUpdate !== undefined) {
      found.spec.strategy = { type: 'RollingUpdate', rollingUpdate };
    }
    kube.seed(found as never);
    await until('all pods', () => podsOf(podid, 'web-').length === 8);
    podid.emulator.seed({ settings: { podStartMs: 400 } });
    let most = 0;
    let least = 8;
    kube.subscribe(() => {
      const held = kube.get('deployments', 'demo', 'web')?.metadata.annotations?.['podid.io/migration-held'];
      if (held !== undefined) {
        const pods = podsOf(podid, 'web-');
        most = Math.max(most, pods.filter(hasToken).length);
        least = Math.min(least, pods.filter((pod) => !hasToken(pod)).length);
      }
    });
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    expect(most).toBe(1);
    expect(least).toBe(8 - fewer);
    expect(podsOf(podid, 'web-').every(hasToken)).toBe(true);
    const { metadata, spec } = kube.get('deployments', 'demo', 'web') ?? {};
    expect(metadata?.annotations ?? {}).toEqual({});
    expect(spec).toMatchObject({
      strategy: { rollingUpdate: { maxSurge, ...(rollingUpdate ?? { maxUnavailable: '25%' }) } },
    });
    expect(spec).not.toMatchObject({ paused: true });
  });

  it('looks at one new pod before the others: of a Deployment by a pause, of a StatefulSet by its partition', async () => {
    await using podid = await movingWorld();
    addWorkload(podid, 'StatefulSet', 'store');
    await until('all pods', () => podsOf(podid, 'web-').length === 2 && podsOf(podid, 'store-').length === 3);
    podid.emulator.seed({ settings: { podStartMs: 400 } });
    const held: string[] = [];
    podid.emulator.kube.subscribe(({ object }) => {
      const how = object.metadata.annotations?.['podid.io/migration-held'];
      if (how !== undefined && !held.includes(`${object.kind} ${how}`)) {
        held.push(`${object.kind} ${how}`);
      }
    });
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect(exitCode).toBe(0);
    expect(rows.map(({ kind, state }) => [kind, state])).toEqual([
      ['Deployment', 'dual'],
      ['StatefulSet', 'dual'],
    ]);
    expect(held.toSorted()).toEqual([
      'Deployment maxSurge=25%,maxUnavailable=25%',
      'Deployment paused,maxSurge=25%,maxUnavailable=25%',
      'StatefulSet partition=0',
    ]);
    expect(podsOf(podid, 'store-').every(hasToken)).toBe(true);
    const { metadata, spec } = podid.emulator.kube.get('statefulsets', 'demo', 'store') ?? {};
    expect(metadata?.annotations ?? {}).toEqual({});
    expect(spec).toMatchObject({ updateStrategy: { rollingUpdate: { partition: 0 } } });
  });

  it('labels the template of a CronJob for its next run, and rolls a DaemonSet node by node', async () => {
    await using podid = await movingWorld();
    addWorkload(podid, 'CronJob', 'nightly');
    addWorkload(podid, 'DaemonSet', 'each');
    await until('pods', () => podsOf(podid, 'each-').length === 2);
    const { exitCode, rows } = await apply(podid, '--until dual --workload cronjob/nightly daemonset/each');
    expect({ exitCode, states: rows.map(({ state }) => state) }).toEqual({
      exitCode: 0,
      states: ['dual', 'dual'],
    });
    expect(templateLabels(podid, 'cronjobs', 'nightly')[use]).toBe('true');
    expect(podsOf(podid, 'each-').every(hasToken)).toBe(true);
    expect(templateLabels(podid)[use]).toBeUndefined();
  });

  it('follows the pods of a Deployment that selects them by expressions, and nobody else’s', async () => {
    await using podid = await movingWorld();
    podid.emulator.kube.seed({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'demo', name: 'parts' },
      spec: {
        replicas: 2,
        selector: {
          matchExpressions: [
            { key: 'app', operator: 'In', values: ['parts', 'pieces'] },
            { key: 'old', operator: 'DoesNotExist' },
          ],
        },
        template: {
          metadata: { labels: { app: 'parts', aadpodidbinding: 'web' } },
          spec: { serviceAccountName: 'web', containers: [{ name: 'main', image: 'main:1' }] },
        },
      },
    });
    // Its labels are those of the Deployment, and nobody makes it anew.
    podid.emulator.kube.seed({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace: 'demo', name: 'lone', labels: { app: 'parts' } },
      spec: { containers: [{ name: 'main', image: 'main:1' }] },
    });
    await until('pods', () => podsOf(podid, 'web-').length === 2 && podsOf(podid, 'parts-').length === 2);
    const { exitCode, rows } = await apply(podid, '--until dual --workload deployment/parts');
    expect([exitCode, rows.map(({ name, state }) => [name, state])]).toEqual([0, [['parts', 'dual']]]);
    expect(podsOf(podid, 'parts-').map(hasToken)).toEqual([true, true]);
    expect(podsOf(podid, 'web-').some(hasToken)).toBe(false);
  });

  it('says with --until moved what the agents have seen, and writes nothing for it', async () => {
    await using podid = await movingWorld();
    expect((await apply(podid, '--until dual')).rows[0]?.waits).toBeUndefined();
    const written = writes(podid);
    const { exitCode, rows } = await apply(podid, '--until moved');
    expect([exitCode, rows[0]?.state]).toEqual([0, 'dual']);
    expect(rows[0]?.waits).toMatch(/^(?:Watched for|podid cannot tell|Its pods last asked)/);
    expect(writes(podid)).toEqual(written);
  });
});
