import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import { createPodIndex, normalAddress } from '../../../src/nmi/cluster/pod-index.ts';

const pod = (uid: string, facts: Partial<Pod> = {}): Pod => ({
  uid,
  namespace: 'shop',
  name: uid,
  labels: {},
  ips: [],
  hostNetwork: false,
  nodeName: 'n',
  phase: 'Running',
  createdMs: 0,
  ...facts,
});

function index({ allowLoopback = false, nowMs = 1_000_000 } = {}) {
  const gone: string[] = [];
  const lost: string[] = [];
  let monotonicMs = 500;
  const pods = createPodIndex({
    clock: { now: () => nowMs, monotonic: () => monotonicMs },
    changed: createChangeNotice(),
    onGone: (uid) => gone.push(uid),
    onAddressLost: (address, uid) => lost.push(`${uid} ${address}`),
    allowLoopback,
  });
  return {
    pods,
    gone,
    lost,
    at: (address: string) => pods.byAddress(address).map(({ uid }) => uid),
    moveTo: (ms: number) => {
      monotonicMs = ms;
    },
  };
}

describe('the index of pods', () => {
  it('finds a pod by each of its addresses', () => {
    const { pods, at } = index();
    pods.upsert(pod('a', { ips: ['10.0.0.1', 'FD00::1'] }));
    expect([at('10.0.0.1'), at('fd00::1'), at('10.0.0.2')]).toEqual([['a'], ['a'], []]);
  });

  it.each([
    ['shares the network of the node', { hostNetwork: true }],
    ['has succeeded', { phase: 'Succeeded' }],
    ['has failed', { phase: 'Failed' }],
  ])('finds no pod by address that %s', (_title, facts) => {
    const { pods, at } = index();
    pods.upsert(pod('a', { ips: ['10.0.0.1'], ...facts }));
    expect(at('10.0.0.1')).toEqual([]);
    expect(pods.byName('shop', 'a')?.uid).toBe('a');
  });

  it('gives an address to the next pod when the last one has ended, and to both while neither has', () => {
    const { pods, at } = index();
    pods.upsert(pod('a', { ips: ['10.0.0.1'] }));
    pods.upsert(pod('b', { ips: ['10.0.0.1'] }));
    expect(at('10.0.0.1')).toEqual(['a', 'b']);
    pods.upsert(pod('a', { ips: ['10.0.0.1'], phase: 'Succeeded' }));
    expect(at('10.0.0.1')).toEqual(['b']);
  });

  it('forgets a namesake of before without forgetting the pod of now', () => {
    const { pods, gone } = index();
    pods.upsert(pod('old', { name: 'web' }));
    pods.upsert(pod('new', { name: 'web' }));
    pods.remove(pod('old', { name: 'web' }));
    expect(pods.byName('shop', 'web')?.uid).toBe('new');
    expect(gone).toEqual(['old']);
  });

  it('takes pods on loopback in a demonstration alone', () => {
    const plain = index();
    const demo = index({ allowLoopback: true });
    for (const { pods } of [plain, demo]) {
      pods.upsert(pod('a', { ips: ['127.0.0.1', '::1', '10.0.0.1'] }));
    }
    expect([plain.at('127.0.0.1'), plain.at('::1'), plain.at('10.0.0.1')]).toEqual([[], [], ['a']]);
    expect(demo.at('127.0.0.1')).toEqual(['a']);
  });

  it('reports each address that a pod has no more', () => {
    const { pods, lost } = index();
    pods.replace([pod('a', { ips: ['10.0.0.1', '10.0.0.2'] }), pod('b', { ips: ['10.0.0.3'] })]);
    expect(lost).toEqual([]);
    pods.upsert(pod('a', { ips: ['10.0.0.1'] }));
    pods.upsert(pod('a', { ips: ['10.0.0.1'], phase: 'Failed' }));
    pods.upsert(pod('c', { ips: ['10.0.0.1'] }));
    pods.remove(pod('c', {}));
    pods.replace([]);
    expect(lost).toEqual(['a 10.0.0.2', 'a 10.0.0.1', 'c 10.0.0.1', 'b 10.0.0.3']);
  });

  it('knows the age of a pod that was there before the agent, and of one from a clock that is ahead', () => {
    const { pods, moveTo } = index({ nowMs: 1_000_000 });
    pods.upsert(pod('old', { createdMs: 940_000 }));
    pods.upsert(pod('ahead', { createdMs: 1_900_000 }));
    moveTo(10_000);
    pods.upsert(pod('old', { createdMs: 940_000, phase: 'Pending' }));
    expect(pods.byUid('old')?.bornAt).toBe(500 - 60_000);
    pods.upsert(pod('old', { createdMs: 990_000 }));
    expect(pods.byUid('old')?.bornAt).toBe(0);
    expect(pods.byUid('ahead')?.bornAt).toBe(500);
  });

  it('holds what the last events say, in whatever order they came', () => {
    const facts = fc.record({
      uid: fc.constantFrom('a', 'b', 'c'),
      name: fc.constantFrom('x', 'y'),
      ips: fc.uniqueArray(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3')),
      phase: fc.constantFrom('Pending', 'Running', 'Failed'),
      hostNetwork: fc.boolean(),
    });
    const event = fc.oneof(
      facts.map((fact) => ({ kind: 'put' as const, pods: [pod(fact.uid, fact)] })),
      facts.map((fact) => ({ kind: 'drop' as const, pods: [pod(fact.uid, fact)] })),
      fc.uniqueArray(facts, { selector: ({ uid }) => uid }).map((all) => ({
        kind: 'replace' as const,
        pods: all.map((fact) => pod(fact.uid, fact)),
      })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        const { pods, at } = index();
        const model = new Map<string, Pod>();
        for (const { kind, pods: changed } of events) {
          if (kind === 'replace') {
            model.clear();
            pods.replace(changed);
          }
          for (const item of changed) {
            kind === 'drop' ? model.delete(item.uid) : model.set(item.uid, item);
            if (kind !== 'replace') {
              kind === 'drop' ? pods.remove(item) : pods.upsert(item);
            }
          }
        }
        expect(pods.size).toBe(model.size);
        for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
          const expected = [...model.values()].filter(
            (item) => item.ips.includes(address) && !item.hostNetwork && item.phase !== 'Failed',
          );
          expect(new Set(at(address))).toEqual(new Set(expected.map(({ uid }) => uid)));
        }
      }),
    );
  });
});

describe('an address', () => {
  it.each([
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::FFFF:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['FD00::A', 'fd00::a'],
    ['::ffff:zz', '::ffff:zz'],
    ['', ''],
  ])('is spelled one way: %s', (address, expected) => {
    expect(normalAddress(address)).toBe(expected);
  });
});
