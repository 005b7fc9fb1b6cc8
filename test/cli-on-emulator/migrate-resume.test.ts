import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import { killWhen } from './kill-when.ts';
import {
  accountAnnotations,
  addWorkload,
  apply,
  credentialsOf,
  hasToken,
  migrate,
  movingWorld,
  podsOf,
  templateLabels,
  until,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';

function isThere({ emulator: { kube } }: EmulatedPodid, text: string): boolean {
  return kube.list('Deployment', 'demo').some((found) => JSON.stringify(found).includes(text));
}

const dual = 'migrate apply --until dual --rounds 1 --over 1s --yes';

describe('podid migrate apply that was killed', () => {
  it.each([
    ['once the credential is made', 'planned', (podid: EmulatedPodid) => credentialsOf(podid).length === 1],
    [
      'once the account is annotated',
      'trusted',
      (podid: EmulatedPodid) => Object.keys(accountAnnotations(podid)).length === 1,
    ],
    ['once the template has the label', 'trusted', (podid: EmulatedPodid) => isThere(podid, use)],
    ['while it holds the rollout', 'trusted', (podid: EmulatedPodid) => isThere(podid, 'migration-held')],
  ])('goes on from there: %s', async (_, from, holds) => {
    await using podid = await movingWorld();
    podid.emulator.seed({ settings: { podStartMs: 1500 } });
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    if (from === 'trusted') {
      await apply(podid, '--until trusted');
    }
    await killWhen(podid, dual, () => holds(podid));
    podid.emulator.seed({ settings: { podStartMs: 50 } });
    expect(await apply(podid, '--until dual')).toMatchObject({ exitCode: 0, rows: [{ state: 'dual' }] });
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    const { metadata, spec } = podid.emulator.kube.get('deployments', 'demo', 'web') ?? {};
    expect(metadata?.annotations ?? {}).toEqual({});
    expect(spec).not.toMatchObject({ paused: true });
    const written = writes(podid);
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    expect(writes(podid)).toEqual(written);
  });

  it('is taken back from where it was killed', async () => {
    await using podid = await movingWorld();
    podid.emulator.seed({ settings: { podStartMs: 1500 } });
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    await apply(podid, '--until trusted');
    await killWhen(podid, dual, () => isThere(podid, 'migration-held'));
    expect((await migrate(podid, 'rollback --workload deployment/web')).exitCode).toBe(0);
    expect(templateLabels(podid)[use]).toBeUndefined();
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
  });
});

describe('podid migrate apply -f', () => {
  async function withPlan(work: (podid: EmulatedPodid, path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'podid-plan-'));
    try {
      await using podid = await movingWorld();
      addWorkload(podid, 'CronJob', 'nightly');
      const path = join(folder, 'plan.yaml');
      expect((await podid.run(`migrate plan --out ${path}`)).exitCode).toBe(0);
      await work(podid, path);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  it('moves the workloads of the file and no others', () =>
    withPlan(async (podid, path) => {
      addWorkload(podid, 'CronJob', 'later');
      const { exitCode, rows } = await apply(podid, `-f ${path} --until dual`);
      expect([exitCode, rows.map(({ name, state }) => [name, state])]).toEqual([
        0,
        [
          ['nightly', 'dual'],
          ['web', 'dual'],
        ],
      ]);
      expect(templateLabels(podid, 'cronjobs', 'later')[use]).toBeUndefined();
      expect((await apply(podid, `-f ${path} --workload cronjob/later`)).exitCode).toBe(4);
    }));

  it('leaves alone what has changed since, is gone, or was edited in the file, and moves the rest', () =>
    withPlan(async (podid, path) => {
      const found = podid.emulator.kube.get('deployments', 'demo', 'web') as KubeObject;
      podid.emulator.kube.seed({ ...found, metadata: { ...found.metadata, uid: 'another' } });
      const changed = await apply(podid, `-f ${path} --until annotated`);
      expect(changed.exitCode).toBe(8);
      expect(changed.rows.map(({ name, failure }) => [name, failure?.code])).toEqual([
        ['nightly', undefined],
        ['web', 'Changed'],
      ]);
      podid.emulator.kube.remove('deployments', 'demo', 'web');
      expect((await apply(podid, `-f ${path} --until annotated`)).rows[1]?.failure?.code).toBe('Gone');
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace('route: native', 'route: proxy'));
      const edited = await apply(podid, `-f ${path} --until annotated`);
      expect(edited.rows[0]).toMatchObject({
        failure: { code: 'Edited', message: expect.stringContaining('the file says route proxy') },
      });
      await writeFile(path, text.replace(/readFrom: sha256:\w+/g, 'readFrom: soon'));
      expect((await podid.run(`migrate apply -f ${path}`)).exitCode).toBe(2);
      await writeFile(path, text.replace(/issuer: .*/, 'issuer: https://example.com/'));
      const other = await podid.run(`migrate apply -f ${path} --yes`);
      expect(other.exitCode).toBe(5);
      expect(other.stderr).toContain('The plan is for the issuer https://example.com/');
    }));
});

describe('podid migrate apply of what others write', () => {
  it('prints the change for their repository, and waits until it is in the cluster', async () => {
    await using podid = await movingWorld();
    const { kube } = podid.emulator;
    const found = kube.get('deployments', 'demo', 'web') as KubeObject;
    const labels = { ...found.metadata.labels, 'kustomize.toolkit.fluxcd.io/name': 'apps' };
    kube.seed({ ...found, metadata: { ...found.metadata, labels } }, 'kustomize-controller');
    const late = await apply(podid, '--until dual --timeout 2s');
    expect([late.exitCode, late.rows[0]?.failure?.code]).toEqual([8, 'GitOps']);
    expect(late.stderr).toContain('Deployment demo/web is written by Flux (apps)');
    expect(templateLabels(podid)[use]).toBeUndefined();
    const flux = setTimeout(() => {
      const now = kube.get('deployments', 'demo', 'web') as KubeObject;
      const spec = now.spec as { template: { metadata: { labels: object } } };
      const metadata = { labels: { ...spec.template.metadata.labels, [use]: 'true' } };
      kube.seed(
        { ...now, spec: { ...spec, template: { ...spec.template, metadata } } },
        'kustomize-controller',
      );
    }, 1500);
    const done = await apply(podid, '--until dual');
    clearTimeout(flux);
    expect([done.exitCode, done.rows[0]?.state]).toEqual([0, 'dual']);
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(writes(podid).filter((each) => each.startsWith('patch deployments'))).toEqual([]);
  });

  it('moves some at a time, with a pause between', async () => {
    await using podid = await movingWorld();
    for (const name of ['one', 'two']) {
      addWorkload(podid, 'CronJob', name);
    }
    const began = Date.now();
    const { exitCode, rows } = await apply(podid, '--until dual --batch 1 --pause 100s');
    expect([exitCode, rows.map(({ state }) => state)]).toEqual([0, ['dual', 'dual', 'dual']]);
    // The tests' clock is two hundred times as fast.
    expect(Date.now() - began).toBeGreaterThan(1000);
  });
});
