import { describe, expect, it } from 'vitest';
import type { EmulatedPodid } from './emulated-podid.ts';
import { killWhen } from './kill-when.ts';
import {
  accountAnnotations,
  apply,
  credentialsOf,
  entriesOf,
  hasToken,
  migrate,
  movedWorld,
  podsOf,
  templateLabels,
  writes,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const back = 'rollback --workload deployment/web';
const before = { app: 'web', aadpodidbinding: 'web' };

type Holds = (podid: EmulatedPodid) => boolean;

function slowly({ emulator }: EmulatedPodid, podStartMs = 1500): void {
  emulator.seed({ settings: { podStartMs } });
}

const isUnbound: Holds = (podid) => !Object.hasOwn(templateLabels(podid), 'aadpodidbinding');
const isUnlabelled: Holds = (podid) => !Object.hasOwn(templateLabels(podid), use);
const isHeld: Holds = ({ emulator: { kube } }) =>
  Object.hasOwn(
    kube.get('deployments', 'demo', 'web')?.metadata.annotations ?? {},
    'podid.io/migration-held',
  );

function annotations({ emulator: { kube } }: EmulatedPodid) {
  return kube.get('deployments', 'demo', 'web')?.metadata.annotations ?? {};
}

/** How often the cluster was written in Azure. */
function puts(podid: EmulatedPodid): number {
  return podid.count('clusters.put');
}

async function expectCleaned(podid: EmulatedPodid): Promise<void> {
  expect(templateLabels(podid)).toEqual({ app: 'web', [use]: 'true' });
  expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
  expect(Object.keys(annotations(podid))).toEqual(['podid.io/migration-cleaned']);
  expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.spec).not.toMatchObject({ paused: true });
  expect(await entriesOf(podid)).toEqual([]);
}

async function expectBack(podid: EmulatedPodid): Promise<void> {
  expect(templateLabels(podid)).toEqual(before);
  expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
  expect(annotations(podid)).toEqual({});
  expect(accountAnnotations(podid)).toEqual({});
  expect(await entriesOf(podid)).toEqual(['demo/web']);
}

const whileCleaning: readonly (readonly [string, (podid: EmulatedPodid) => () => boolean])[] = [
  ['once the label is gone from the template', (podid) => () => isUnbound(podid)],
  ['while it holds the rollout', (podid) => () => isHeld(podid)],
  [
    'once Azure has the write that takes the entry',
    (podid) => {
      const begun = puts(podid);
      return () => puts(podid) > begun;
    },
  ],
];

describe('podid migrate apply --until cleaned that was killed', () => {
  const line = 'migrate apply --until cleaned --yes';

  it.each(whileCleaning)('goes on from there: %s', async (_, moment) => {
    await using podid = await movedWorld();
    slowly(podid);
    await killWhen(podid, line, moment(podid), 'a day later');
    slowly(podid, 20);
    expect(await apply(podid, '--until cleaned')).toMatchObject({
      exitCode: 0,
      rows: [{ state: 'cleaned' }],
    });
    await expectCleaned(podid);
    const written = writes(podid);
    expect((await apply(podid, '--until cleaned')).exitCode).toBe(0);
    expect(writes(podid)).toEqual(written);
  });

  it.each(whileCleaning)('is taken back from there: %s', async (_, moment) => {
    await using podid = await movedWorld();
    slowly(podid);
    await killWhen(podid, line, moment(podid), 'a day later');
    slowly(podid, 20);
    expect(await migrate(podid, back)).toMatchObject({ exitCode: 0, rows: [{ state: 'rolled-back' }] });
    await expectBack(podid);
  });
});

describe('podid migrate rollback that was killed', () => {
  const line = `migrate ${back} --revoke-trust --yes`;
  const whileGoingBack: readonly (readonly [string, (podid: EmulatedPodid) => () => boolean])[] = [
    [
      'once Azure has the write that brings the entry',
      (podid) => {
        const begun = puts(podid);
        return () => puts(podid) > begun;
      },
    ],
    ['once the label is gone from the template', (podid) => () => isUnlabelled(podid)],
    [
      'while pods with the label are replaced',
      (podid) => () => new Set(podsOf(podid, 'web-').map(hasToken)).size === 2,
    ],
    [
      'once its note is gone',
      (podid) => () => !Object.hasOwn(annotations(podid), 'podid.io/migration-cleaned'),
    ],
    ['once the account is as it was', (podid) => () => Object.keys(accountAnnotations(podid)).length === 0],
  ];

  async function cleanedWorld(): Promise<EmulatedPodid> {
    const podid = await movedWorld();
    expect(await apply(podid, '--until cleaned')).toMatchObject({ rows: [{ state: 'cleaned' }] });
    slowly(podid, 400);
    return podid;
  }

  it.each(whileGoingBack)('goes on from there: %s', async (_, moment) => {
    await using podid = await cleanedWorld();
    await killWhen(podid, line, moment(podid));
    slowly(podid, 20);
    expect(await migrate(podid, `${back} --revoke-trust`)).toMatchObject({
      exitCode: 0,
      rows: [{ state: 'rolled-back' }],
    });
    await expectBack(podid);
    expect(credentialsOf(podid)).toEqual([]);
    const written = writes(podid);
    expect((await migrate(podid, `${back} --revoke-trust`)).exitCode).toBe(0);
    expect(writes(podid)).toEqual(written);
  });

  it.each(whileGoingBack)('can be turned round there: %s', async (_, moment) => {
    await using podid = await cleanedWorld();
    await killWhen(podid, line, moment(podid));
    slowly(podid, 20);
    expect((await apply(podid, '--until dual')).exitCode).toBe(0);
    expect(templateLabels(podid)[use]).toBe('true');
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(Object.keys(accountAnnotations(podid))).toEqual(['azure.workload.identity/client-id']);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    expect(await migrate(podid, back)).toMatchObject({ exitCode: 0, rows: [{ state: 'rolled-back' }] });
    await expectBack(podid);
  });
});
