import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../src/domain/kubernetes/pod.ts';
import { createChangeNotice } from '../../../src/nmi/cluster/change-notice.ts';
import { createPodIndex } from '../../../src/nmi/cluster/pod-index.ts';
import { createPodLookup } from '../../../src/nmi/cluster/pod-lookup.ts';
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
  owners = {},
}: {
  relist?: () => Promise<void>;
  owners?: Record<string, string>;
} = {}) {
  const clock = handClock();
  const changed = createChangeNotice();
  const pods = createPodIndex({ clock, changed, onGone: () => undefined, allowLoopback: false });
  let lists = 0;
  const stop = new AbortController();
  const found = createPodLookup({
    pods,
    clock,
    ending: stop.signal,
    ownerOf: (address) => owners[address],
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

  it('trusts the record of the CNI over the API', () => {
    const owners: Record<string, string> = { '10.0.0.1': 'somebody-else' };
    const { pods, found } = lookup({ owners });
    pods.upsert(web);
    expect(found.peek('10.0.0.1')).toBeUndefined();
    expect(found.find('10.0.0.1')).toMatchObject({ status: 503, reason: 'address-moved' });
    owners['10.0.0.1'] = 'u';
    expect(found.peek('10.0.0.1')?.uid).toBe('u');
  });

  it('finds live pods alone by name', () => {
    const { pods, found } = lookup();
    pods.upsert(web);
    expect(found.findByName('shop', 'web')).toMatchObject({ uid: 'u' });
    pods.upsert({ ...web, phase: 'Succeeded' });
    expect(found.findByName('shop', 'web')).toMatchObject({ status: 503 });
  });
});
