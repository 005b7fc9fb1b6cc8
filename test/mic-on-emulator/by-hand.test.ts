import { describe, expect, it } from 'vitest';
import type { Emulator } from '../../src/emulator/start-emulator.ts';
import { assignments, carriedBy, micWorld, until } from './mic-world.ts';

type Json = Record<string, never> & Record<string, unknown>;
const copyOf = (object: unknown) => structuredClone(object) as Json;
const at = (json: Json, ...path: readonly string[]) =>
  path.reduce((inner, key) => inner[key] as never, json) as Record<string, unknown>;

const webOf = (emulator: Emulator) => assignments(emulator).find(({ spec }) => spec['pod'] === 'web-1');

/** What somebody with kubectl does to an assignment, or to what podid-mic keeps; what was there is back afterwards. */
describe('podid-mic puts right what a hand has changed', () => {
  it.each<[string, (assignment: Json) => void]>([
    ['the state', (json) => Object.assign(at(json, 'status'), { status: 'Nonsense' })],
    ['the label of the node', (json) => Object.assign(at(json, 'metadata'), { labels: { nodename: 'x' } })],
    ['all labels', (json) => Reflect.deleteProperty(at(json, 'metadata'), 'labels')],
    ['the node', (json) => Object.assign(at(json, 'spec'), { nodename: 'x' })],
    [
      'the client id, to that of somebody else',
      (json) => Object.assign(at(json, 'spec', 'azureIdentityRef', 'spec'), { clientID: 'another' }),
    ],
    [
      'the selector, to that of everybody',
      (json) => Object.assign(at(json, 'spec', 'azureBindingRef', 'spec'), { selector: 'all' }),
    ],
    [
      'the uid of its pod',
      (json) => Object.assign(at(json, 'metadata', 'annotations'), { 'podid.io/pod-uid': 'x' }),
    ],
    ['a finalizer', (json) => Object.assign(at(json, 'metadata'), { finalizers: ['example.org/mine'] })],
  ])('of an assignment: %s', async (_what, change) => {
    await using world = await micWorld({ scenario: 'standard-mode' });
    const { emulator } = world;
    await world.start();
    const before = await until(() => {
      const found = webOf(emulator);
      return found?.status?.status === 'Assigned' ? found : undefined;
    });
    const wanted = shownOf(before);
    const changed = copyOf(before);
    change(changed);
    emulator.kube.seed(changed as never);
    await until(() => shownOf(webOf(emulator)) === wanted || undefined);
    expect(carriedBy(emulator)).toContain('web');
  });

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['a pod that has another identity', { pod: 'jobs-1', podNamespace: 'demo' }, 'demo'],
    ['a pod of another namespace', { pod: 'web-1', podNamespace: 'other' }, 'demo'],
    ['a pod that is not there', { pod: 'nobody', podNamespace: 'demo' }, 'demo'],
    ['a pod, filed in another namespace', { pod: 'web-1', podNamespace: 'demo' }, 'other'],
    ['no pod at all', { pod: '', podNamespace: '' }, 'demo'],
  ])('of the assignments, by one of its own for %s: it goes', async (_what, names, namespace) => {
    await using world = await micWorld({ scenario: 'standard-mode' });
    const { emulator } = world;
    emulator.kube.seed({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other' } } as never);
    await world.start();
    const real = await until(() => {
      const found = webOf(emulator);
      return found?.status?.status === 'Assigned' ? found : undefined;
    });
    const forged = copyOf(real);
    forged['metadata'] = { name: 'forged', namespace, labels: real.metadata.labels } as never;
    Object.assign(at(forged, 'spec'), names);
    emulator.kube.seed(forged as never);
    await until(() => !assignments(emulator).some(({ metadata }) => metadata.name === 'forged') || undefined);
    expect(
      assignments(emulator)
        .map(({ spec }) => spec['pod'])
        .toSorted(),
    ).toEqual(['jobs-1', 'web-1']);
  });

  it.each<[string, object | undefined]>([
    ['is no JSON', { ledger: '{' }],
    ['is another kind of JSON', { ledger: '[1, 2]' }],
    ['names what nobody has', { ledger: '{"epoch":"x","identities":7,"machines":{"m":{"on":[9,"a",-1]}}}' }],
    ['has no member', {}],
    ['has no data', undefined],
  ])(
    'of the ledger, which %s: nothing is taken off, and new pods get what they need',
    async (_what, data) => {
      await using world = await micWorld({ scenario: 'standard-mode' });
      const { emulator } = world;
      const mic = await world.start('--removal-delay=100ms', '--leader-election-duration=3s');
      await until(() => webOf(emulator)?.status?.status === 'Assigned' || undefined);
      const place = { namespace: 'kube-system', name: 'podid-mic-ledger' };
      const ledger = copyOf(emulator.kube.get('ConfigMap', place.namespace, place.name));
      const before = carriedBy(emulator);
      emulator.kube.seed({ ...ledger, data } as never);
      emulator.kube.remove('Pod', 'demo', 'web-1');
      await assignsToNewPod(emulator);
      await until(async () => (await mic.probe('/readyz')).text.includes('Leading.') || undefined);
      expect(carriedBy(emulator)).toEqual(expect.arrayContaining([...before]));
    },
  );

  it.each<[string, object | undefined]>([
    ['is gone', undefined],
    ['has no holder', { holderIdentity: '', leaseDurationSeconds: 2 }],
    ['has another one', { holderIdentity: 'somebody', leaseDurationSeconds: 1, renewTime: 'yesterday' }],
    ['is empty', {}],
    ['is nonsense', { holderIdentity: 7, leaseDurationSeconds: 'x', renewTime: [], leaseTransitions: -1 }],
  ])('of the lease, which %s: it leads again, and goes on', async (_what, spec) => {
    await using world = await micWorld({ scenario: 'standard-mode' });
    const { emulator } = world;
    const mic = await world.start('--leader-election-duration=2s');
    await until(() => webOf(emulator)?.status?.status === 'Assigned' || undefined);
    const held = () => emulator.kube.get('Lease', 'kube-system', 'podid-mic');
    const lease = copyOf(held());
    const holderOf = (found: unknown) =>
      (found as { spec?: { holderIdentity?: unknown } })?.spec?.holderIdentity;
    if (spec === undefined) {
      emulator.kube.remove('Lease', 'kube-system', 'podid-mic');
    } else {
      emulator.kube.seed({ ...lease, spec } as never);
    }
    await until(() => holderOf(held()) === holderOf(lease) || undefined);
    await until(async () => (await mic.probe('/readyz')).text.includes('Leading.') || undefined);
    await assignsToNewPod(emulator);
  });
});

async function assignsToNewPod(emulator: Emulator): Promise<void> {
  const pod = copyOf(emulator.kube.get('Pod', 'demo', 'jobs-1'));
  Object.assign(at(pod, 'metadata'), { name: 'jobs-2', uid: 'uid-of-jobs-2' });
  emulator.kube.seed(pod as never);
  const isAssigned = ({ spec, status }: ReturnType<typeof assignments>[number]) =>
    spec['pod'] === 'jobs-2' && status?.status === 'Assigned';
  await until(() => assignments(emulator).some(isAssigned) || undefined);
}

/** As far as a change of it matters to an agent. */
function shownOf(assignment: unknown): string {
  const { metadata, spec, status } = (assignment ?? {}) as {
    metadata?: { labels?: object; annotations?: object; finalizers?: object };
    spec?: object;
    status?: object;
  };
  const { labels, annotations, finalizers } = metadata ?? {};
  const shown = { labels, annotations: { ...annotations, 'podid.io/assigned-at': '' }, finalizers };
  return JSON.stringify([shown, spec, status]);
}
