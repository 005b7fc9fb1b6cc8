import { describe, expect, it } from 'vitest';
import type { EmulatedPodid } from './emulated-podid.ts';
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
  until,
} from './moving-worlds.ts';

const use = 'azure.workload.identity/use';
const back = 'rollback --workload deployment/web';

/** Whatever came of it: what its new pods go by is there. */
async function expectServed(podid: EmulatedPodid): Promise<void> {
  const labels = templateLabels(podid);
  if (labels[use] === 'true') {
    expect(Object.keys(accountAnnotations(podid))).toEqual(['azure.workload.identity/client-id']);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
  } else {
    expect(labels).toEqual({ app: 'web', aadpodidbinding: 'web' });
    expect(await entriesOf(podid)).toEqual(['demo/web']);
  }
}

async function expectBack(podid: EmulatedPodid): Promise<void> {
  expect(await migrate(podid, back)).toMatchObject({ exitCode: 0 });
  expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web' });
  expect(podsOf(podid, 'web-').map(hasToken)).toEqual([false, false]);
  expect(accountAnnotations(podid)).toEqual({});
  expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.metadata.annotations ?? {}).toEqual({});
  expect(await entriesOf(podid)).toEqual(['demo/web']);
}

const isUnbound = (podid: EmulatedPodid) => !Object.hasOwn(templateLabels(podid), 'aadpodidbinding');

describe('two people at once', () => {
  it('both clean a workload, and both come to the end', async () => {
    await using podid = await movedWorld();
    const both = await Promise.all([apply(podid, '--until cleaned'), apply(podid, '--until cleaned')]);
    expect(both.map(({ exitCode, rows }) => [exitCode, rows[0]?.state])).toEqual([
      [0, 'cleaned'],
      [0, 'cleaned'],
    ]);
    expect(templateLabels(podid)).toEqual({ app: 'web', [use]: 'true' });
    expect(podsOf(podid, 'web-').map(hasToken)).toEqual([true, true]);
    expect(await entriesOf(podid)).toEqual([]);
  });

  it('both take it back, and both come to the end', async () => {
    await using podid = await movedWorld();
    expect(await apply(podid, '--until cleaned')).toMatchObject({ rows: [{ state: 'cleaned' }] });
    const both = await Promise.all([migrate(podid, back), migrate(podid, back)]);
    expect(both.map(({ exitCode, rows }) => [exitCode, rows[0]?.state])).toEqual([
      [0, 'rolled-back'],
      [0, 'rolled-back'],
    ]);
    await expectBack(podid);
  });

  it.each<[string, (podid: EmulatedPodid) => boolean]>([
    ['at the same moment', () => true],
    ['once the label is gone from the template', isUnbound],
    [
      'once pods without it are there',
      (podid) => podsOf(podid, 'web-').some(({ metadata }) => !metadata.labels?.['aadpodidbinding']),
    ],
    ['once Azure has the write that takes the entry', (podid) => podid.count('clusters.put') > 0],
  ])('one cleans it while the other takes it back, %s, and it is served', async (_, holds) => {
    await using podid = await movedWorld();
    podid.emulator.requests.length = 0;
    podid.emulator.seed({ settings: { podStartMs: 100 } });
    const cleaning = apply(podid, '--until cleaned');
    await until('the moment', () => holds(podid));
    const both = await Promise.all([cleaning, migrate(podid, back)]);
    for (const { exitCode } of both) {
      expect([0, 8]).toContain(exitCode);
    }
    await expectServed(podid);
    await expectBack(podid);
  });

  it('one takes it back while the write of the other is on its way to Azure, and it is served', async () => {
    await using podid = await movedWorld();
    podid.emulator.requests.length = 0;
    const slow = { match: { operation: 'clusters.put', times: 1 }, effect: { delayMs: 3000 } };
    podid.emulator.faults.set([slow]);
    const cleaning = apply(podid, '--until cleaned');
    await until('the write', () => podid.count('clusters.put') > 0);
    const returned = await migrate(podid, back);
    const cleaned = await cleaning;
    expect([returned.exitCode, returned.rows[0]?.state]).toEqual([0, 'rolled-back']);
    expect([cleaned.exitCode, cleaned.rows[0]?.failure?.code]).toEqual([8, 'Changed']);
    await expectServed(podid);
    await expectBack(podid);
  });

  it.each<[string, (podid: EmulatedPodid) => boolean]>([
    ['at the same moment', () => true],
    ['once the label is gone', (podid) => templateLabels(podid)[use] === undefined],
    [
      'once pods without it are there',
      (podid) => podsOf(podid, 'web-').some(({ metadata }) => metadata.labels?.[use] === undefined),
    ],
    ['once the account is as it was', (podid) => Object.keys(accountAnnotations(podid)).length === 0],
  ])('one takes it back while the other moves it on, %s, and it is served', async (_, holds) => {
    await using podid = await movedWorld();
    podid.emulator.seed({ settings: { podStartMs: 100 } });
    const returning = migrate(podid, back);
    await until('the moment', () => holds(podid));
    const both = await Promise.all([returning, apply(podid, '--until dual')]);
    for (const { exitCode } of both) {
      expect([0, 8]).toContain(exitCode);
    }
    await expectServed(podid);
    expect(await apply(podid, '--until dual')).toMatchObject({
      exitCode: 0,
      rows: [expect.not.objectContaining({ failure: expect.anything() })],
    });
    await expectServed(podid);
    await expectBack(podid);
  });
});
