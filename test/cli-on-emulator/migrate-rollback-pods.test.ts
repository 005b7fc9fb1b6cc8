import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import {
  addWorkload,
  apply,
  hasToken,
  migrate,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const back = 'rollback --workload deployment/web';

async function dualWorld(): Promise<EmulatedPodid> {
  const podid = await movingWorld();
  await until('two pods', () => podsOf(podid, 'web-').length === 2);
  expect((await apply(podid, '--until dual')).exitCode).toBe(0);
  return podid;
}

function allow({ emulator: { kube } }: EmulatedPodid, disruptionsAllowed: number): void {
  kube.seed({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { namespace: 'demo', name: 'web' },
    spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 2 },
    status: { disruptionsAllowed },
  });
}

function pause({ emulator: { kube } }: EmulatedPodid, paused: boolean): void {
  const found = kube.get('deployments', 'demo', 'web') as KubeObject;
  kube.seed({ ...found, spec: { ...(found.spec as object), paused } });
}

describe('podid migrate rollback of pods', () => {
  it.each([
    [
      'NoDisruption',
      'a PodDisruptionBudget lets none of them go',
      (podid: EmulatedPodid, holds: boolean) => allow(podid, holds ? 0 : 1),
      'kubectl get poddisruptionbudget web -n demo',
    ],
    ['Paused', 'their Deployment is paused', pause, 'kubectl rollout resume deployment/web -n demo'],
  ])('stops with %s while %s, and goes on afterwards', async (code, _, set, hint) => {
    await using podid = await dualWorld();
    set(podid, true);
    const written = writes(podid);
    const { exitCode, rows } = await migrate(podid, back);
    expect([exitCode, rows[0]?.state, rows[0]?.failure?.code]).toEqual([8, 'dual', code]);
    expect(rows[0]?.failure?.hint).toBe(hint);
    expect(writes(podid)).toEqual(written);
    set(podid, false);
    expect(await migrate(podid, back)).toMatchObject({ exitCode: 0, rows: [{ state: 'rolled-back' }] });
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
  });

  it('does not wait for a budget that pods with the label have used up, which do not become ready', async () => {
    await using podid = await dualWorld();
    allow(podid, 0);
    const { kube } = podid.emulator;
    const [ailing] = podsOf(podid, 'web-');
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'False' }] };
    kube.seed({ ...(ailing as KubeObject), status });
    expect(await migrate(podid, back)).toMatchObject({ exitCode: 0, rows: [{ state: 'rolled-back' }] });
    expect(templateLabels(podid)[use]).toBeUndefined();
  });

  it('takes some workloads at a time, with a pause between', async () => {
    await using podid = await movingWorld();
    for (const name of ['one', 'two']) {
      addWorkload(podid, 'StatefulSet', name);
      await until('pods', () => podsOf(podid, `${name}-`).length === 3);
    }
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    const { kube } = podid.emulator;
    const atOnce: number[] = [];
    const stop = kube.subscribe(({ object: { kind } }) => {
      if (kind === 'Deployment' || kind === 'StatefulSet') {
        const under = ['one', 'two', 'web'].filter((name) => {
          const of = name === 'web' ? 'deployments' : 'statefulsets';
          const isBack = templateLabels(podid, of, name)[use] === undefined;
          return isBack && podsOf(podid, `${name}-`).some(hasToken);
        });
        atOnce.push(under.length);
      }
    });
    const began = Date.now();
    const all = 'deployment/web statefulset/one statefulset/two';
    const { exitCode, rows } = await migrate(podid, `rollback --workload ${all} --batch 1 --pause 100s`);
    stop();
    expect([exitCode, rows.map(({ state }) => state)]).toEqual([0, Array(3).fill('rolled-back')]);
    expect(Math.max(...atOnce)).toBe(1);
    // The tests' clock is two hundred times as fast.
    expect(Date.now() - began).toBeGreaterThan(1000);
    expect((await podid.run(`migrate rollback --workload ${all} --pause soon`)).exitCode).toBe(2);
  });
});
