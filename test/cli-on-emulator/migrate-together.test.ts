import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/emulator/kube/objects/kube-object.ts';
import type { EmulatedPodid } from './emulated-podid.ts';
import {
  accountAnnotations,
  addWorkload,
  apply,
  credentialsOf,
  entriesOf,
  hasToken,
  migrate,
  movedWorld,
  movingWorld,
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

const clientId = 'azure.workload.identity/client-id';

/** Does something once, by the very write of the cluster for which it waits. */
function atWrite(
  { emulator: { kube } }: EmulatedPodid,
  is: (object: KubeObject) => boolean,
  act: () => void,
) {
  const stop = kube.subscribe(({ object }) => {
    if (is(object)) {
      stop();
      act();
    }
  });
}

function setLabel({ emulator: { kube } }: EmulatedPodid, kind: string, name: string, value?: 'true'): void {
  const found = structuredClone(kube.get(kind, 'demo', name)) as never as KubeObject & {
    spec: { template: { metadata: { labels: Record<string, string> } } };
  };
  const { [use]: _, ...labels } = found.spec.template.metadata.labels;
  found.spec.template.metadata.labels = value === undefined ? labels : { ...labels, [use]: value };
  kube.seed(found);
}

/** As a rollback leaves it. */
function releaseAccount({ emulator: { kube } }: EmulatedPodid): void {
  const { metadata, ...account } = kube.get('serviceaccounts', 'demo', 'web') as KubeObject;
  const { annotations: _, managedFields: __, ...rest } = metadata;
  kube.seed({ ...account, metadata: rest });
}

const isWeb = ({ kind, metadata }: KubeObject) => kind === 'Deployment' && metadata.name === 'web';
const isLabelledWeb = (object: KubeObject) => isWeb(object) && JSON.stringify(object.spec).includes(use);
const isAccount = ({ kind, metadata }: KubeObject) =>
  kind === 'ServiceAccount' && metadata.namespace === 'demo' && metadata.name === 'web';
const isNamed = (object: KubeObject) => Object.hasOwn(object.metadata.annotations ?? {}, clientId);

describe('one takes back what stands behind the label, while the other gives it to pods', () => {
  it.each<[string, (object: KubeObject) => boolean, (podid: EmulatedPodid) => void]>([
    ['the annotation, by the write of the label', isLabelledWeb, releaseAccount],
    [
      'the credential, before the label',
      (object) => isAccount(object) && isNamed(object),
      ({ emulator }) => emulator.world.federatedCredentials.clear(),
    ],
    [
      'the credential, by the write of the label',
      isLabelledWeb,
      ({ emulator }) => emulator.world.federatedCredentials.clear(),
    ],
  ])('takes the label back where there is no more %s', async (_, when, act) => {
    await using podid = await movingWorld();
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    atWrite(podid, when, () => act(podid));
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Changed']);
    expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web' });
    expect(podid.emulator.kube.get('deployments', 'demo', 'web')?.metadata.annotations ?? {}).toEqual({});
    await until('pods of before', () => podsOf(podid, 'web-').every((pod) => !hasToken(pod)));
    expect(await apply(podid, '--until dual')).toMatchObject({ exitCode: 0, rows: [{ state: 'dual' }] });
    await expectServed(podid);
    await expectBack(podid);
  });

  it('takes the label back from a pod that was made while the account named no identity', async () => {
    await using podid = await movingWorld();
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    const { kube } = podid.emulator;
    atWrite(
      podid,
      ({ kind, metadata }) => kind === 'Pod' && metadata.labels?.[use] === 'true',
      () => {
        const [pod] = podsOf(podid, 'web-').filter(hasToken);
        const spec = JSON.parse(
          JSON.stringify(pod?.spec).replace(/\{"name":"AZURE_CLIENT_ID","value":"[^"]*"\},/, ''),
        ) as object;
        kube.seed({ ...(pod as KubeObject), spec });
      },
    );
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Changed']);
    expect(rows[0]?.failure?.message).toMatch(/^Pod demo\/web-\S+ was made while .* AZURE_CLIENT_ID/);
    expect(templateLabels(podid)).toEqual({ app: 'web', aadpodidbinding: 'web' });
    expect(await apply(podid, '--until dual')).toMatchObject({ exitCode: 0, rows: [{ state: 'dual' }] });
    await expectServed(podid);
  });

  it('ends at once where the label is taken from the template while its pods are awaited', async () => {
    await using podid = await movingWorld();
    await until('two pods', () => podsOf(podid, 'web-').length === 2);
    atWrite(
      podid,
      ({ kind, metadata }) => kind === 'Pod' && metadata.labels?.[use] === 'true',
      () => setLabel(podid, 'deployments', 'web'),
    );
    const { exitCode, rows } = await apply(podid, '--until dual');
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Changed']);
  });

  it('gives the annotation back where the label came between the last look and its end', async () => {
    await using podid = await movedWorld();
    atWrite(
      podid,
      (object) => isAccount(object) && !isNamed(object),
      () => setLabel(podid, 'deployments', 'web', 'true'),
    );
    const { exitCode, rows } = await migrate(podid, back);
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Changed']);
    await expectServed(podid);
    await expectBack(podid);
  });

  it('makes the credential again where the label came while it was deleted', async () => {
    await using podid = await movedWorld();
    const slow = { match: { operation: 'federatedCredentials.delete', times: 1 }, effect: { delayMs: 3000 } };
    podid.emulator.faults.set([slow]);
    const returning = migrate(podid, `${back} --revoke-trust`);
    await until('the deletion', () => podid.count('federatedCredentials.delete') > 0);
    setLabel(podid, 'deployments', 'web', 'true');
    const { exitCode, rows } = await returning;
    expect([exitCode, rows[0]?.failure?.code]).toEqual([8, 'Changed']);
    expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    await expectServed(podid);
    await expectBack(podid);
  });

  it.each([
    ['before', (object: KubeObject) => isWeb(object) && !isLabelledWeb(object)],
    ['by', (object: KubeObject) => isAccount(object) && !isNamed(object)],
  ])(
    'leaves the account as it is for another one that got the label %s the write that ends it',
    async (_, when) => {
      await using podid = await movedWorld();
      addWorkload(podid, 'StatefulSet', 'store');
      atWrite(podid, when, () => setLabel(podid, 'statefulsets', 'store', 'true'));
      expect(await migrate(podid, `${back} --revoke-trust`)).toMatchObject({ exitCode: 0 });
      expect(Object.keys(accountAnnotations(podid))).toEqual([clientId]);
      expect(credentialsOf(podid)).toEqual(['system:serviceaccount:demo:web']);
    },
  );
});
