import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { createChangeNotice } from '../../../src/domain/time/change-notice.ts';
import { createPodIndex } from '../../../src/nmi/cluster/pod-index.ts';
import { createPodLookup } from '../../../src/nmi/cluster/pod-lookup.ts';
import type { AddressEvidence } from '../../../src/nmi/rules/rules-watch.ts';
import { handClock } from '../../domain/time/hand-clock.ts';

const web: Pod = {
  uid: 'u',
  namespace: 'shop',
  name: 'web',
  labels: {},
  ips: ['10.0.0.1'],
  hostNetwork: false,
  nodeName: 'n',
  phase: 'Running',
  createdMs: 0,
};

function lookup({
  relist = () => Promise.resolve(),
  evidence = () => ({ kind: 'none-kept' }),
}: {
  relist?: () => Promise<void>;
  evidence?: (address: string) => AddressEvidence;
} = {}) {
  const clock = handClock();
  const changed = createChangeNotice();
  const pods = createPodIndex({
    clock,
    changed,
    onGone: () => undefined,
    onAddressLost: () => undefined,
    allowLoopback: false,
  });
  let lists = 0;
  const stop = new AbortController();
  const found = createPodLookup({
    pods,
    clock,
    ending: stop.signal,
    evidenceOf: evidence,
    relist: () => {
      lists += 1;
      return relist();
    },
  });
  return { clock, pods, found, stop, lists: () => lists };
}

const unknown = { kind: 'error', status: 503, reason: 'unknown-pod', retryAfterSec: 2 };

describe('looking up a pod', () => {
  it('costs no list where the watch brings the pod within two seconds', async () => {
    const { pods, found, clock, lists } = lookup();
    expect(found.find('10.0.0.1')).toMatchObject(unknown);
    await clock.advance(1_900);
    pods.upsert(web);
    expect(found.find('10.0.0.1')).toMatchObject({ uid: 'u' });
    await clock.advance(10_000);
    expect(lists()).toBe(0);
  });

  it('lists once for all that are looked for, and not again for five seconds', async () => {
    const { found, clock, lists } = lookup();
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) {
      expect(found.find(address)).toMatchObject(unknown);
    }
    await clock.advance(2_000);
    expect(lists()).toBe(1);
    found.find('10.0.0.4');
    await clock.advance(4_900);
    expect(lists()).toBe(1);
    await clock.advance(100);
    expect(lists()).toBe(2);
    await clock.advance(60_000);
    expect(lists()).toBe(2);
  });

  it('asks again after a server that did not answer, and not after the end', async () => {
    const { found, clock, lists, stop } = lookup({ relist: () => Promise.reject(new Error('away')) });
    found.find('10.0.0.1');
    await clock.advance(2_000);
    found.find('10.0.0.1');
    await clock.advance(5_000);
    expect(lists()).toBe(2);
    found.find('10.0.0.1');
    stop.abort(new Error('SIGTERM'));
    await clock.advance(10_000);
    expect(lists()).toBe(2);
  });

  it('takes what the list brings', async () => {
    const world = lookup({ relist: async () => world.pods.replace([web]) });
    world.found.find('10.0.0.1');
    await world.clock.advance(2_000);
    expect(world.found.find('10.0.0.1')).toMatchObject({ uid: 'u' });
  });

  const uidOfWeb = { kind: 'recorded', uid: 'u' } as const;
  const twoPods = [web, { ...web, uid: 'v', name: 'other' }];

  it.each<[string, readonly Pod[], AddressEvidence, string]>([
    ['the API and the CNI name the same pod', [web], uidOfWeb, 'u'],
    ['the CNI names one of two that the API has', twoPods, uidOfWeb, 'u'],
    ['nobody keeps records, and the API has one', [web], { kind: 'none-kept' }, 'u'],
    ['nobody keeps records, and the API has two', twoPods, { kind: 'none-kept' }, 'address-shared'],
    ['the CNI names another', [web], { kind: 'recorded', uid: 'newcomer' }, 'address-moved'],
    ['the CNI names none', [web], { kind: 'unrecorded' }, 'address-moved'],
    ['the CNI has not been heard', [web], { kind: 'not-yet' }, 'not-ready'],
    ['the API has none', [], uidOfWeb, 'unknown-pod'],
  ])('where %s says so', (_case, listed, evidence, expected) => {
    const { pods, found } = lookup({ evidence: () => evidence });
    pods.replace(listed);
    const answer = found.find('10.0.0.1');
    expect(answer.kind === 'error' ? answer.reason : answer.uid).toBe(expected);
    expect(found.peek('10.0.0.1')?.uid).toBe(answer.kind === 'error' ? undefined : answer.uid);
  });

  it('finds live pods alone by name', () => {
    const { pods, found } = lookup();
    pods.upsert(web);
    expect(found.findByName('shop', 'web')).toMatchObject({ uid: 'u' });
    pods.upsert({ ...web, phase: 'Succeeded' });
    expect(found.findByName('shop', 'web')).toMatchObject({ status: 503 });
  });
});
