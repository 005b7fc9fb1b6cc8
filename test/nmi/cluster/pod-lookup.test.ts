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
const signal = new AbortController().signal;

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
  const found = createPodLookup({
    pods,
    changed,
    clock,
    ownerOf: (address) => owners[address],
    relist: () => {
      lists += 1;
      return relist();
    },
  });
  return { clock, pods, found, lists: () => lists };
}

describe('looking up a pod', () => {
  it('takes the one that the watch brings within two seconds', async () => {
    const { pods, found, clock, lists } = lookup();
    const asked = found.find('10.0.0.1', signal);
    await clock.advance(1_900);
    pods.upsert(web);
    expect(await asked).toMatchObject({ uid: 'u' });
    expect(lists()).toBe(0);
  });

  it('lists once for all who still wait, and not again for five seconds', async () => {
    const { found, clock, lists } = lookup();
    const asked = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => found.find(address, signal));
    await clock.advance(2_000);
    expect((await Promise.all(asked)).map((answer) => answer.kind === 'error' && answer.reason)).toEqual(
      Array(3).fill('unknown-pod'),
    );
    const more = found.find('10.0.0.4', signal);
    await clock.advance(2_000);
    await more;
    expect(lists()).toBe(1);
    await clock.advance(1_000);
    const later = found.find('10.0.0.5', signal);
    await clock.advance(2_000);
    await later;
    expect(lists()).toBe(2);
  });

  it('says at once what it said a moment ago, until the pod comes', async () => {
    const { pods, found, clock } = lookup();
    const first = found.find('10.0.0.1', signal);
    await clock.advance(2_000);
    await first;
    expect(await found.find('10.0.0.1', signal)).toMatchObject({
      status: 503,
      reason: 'unknown-pod',
      retryAfterSec: 5,
    });
    pods.upsert(web);
    expect(await found.find('10.0.0.1', signal)).toMatchObject({ uid: 'u' });
  });

  it('waits no longer than it may for a server that does not answer', async () => {
    const { found, clock } = lookup({ relist: () => new Promise(() => undefined) });
    const asked = found.find('10.0.0.1', signal);
    await clock.advance(2_000);
    await clock.advance(3_000);
    expect(await asked).toMatchObject({ reason: 'unknown-pod' });
  });

  it('takes what the list brings', async () => {
    const world = lookup({ relist: async () => world.pods.replace([web]) });
    const asked = world.found.find('10.0.0.1', signal);
    await world.clock.advance(2_000);
    expect(await asked).toMatchObject({ uid: 'u' });
  });

  it('trusts the record of the CNI over the API', async () => {
    const owners: Record<string, string> = { '10.0.0.1': 'somebody-else' };
    const { pods, found, clock } = lookup({ owners });
    pods.upsert(web);
    expect(found.peek('10.0.0.1')).toBeUndefined();
    const asked = found.find('10.0.0.1', signal);
    await clock.advance(2_000);
    expect(await asked).toMatchObject({ status: 503, reason: 'address-moved' });
    owners['10.0.0.1'] = 'u';
    expect(found.peek('10.0.0.1')?.uid).toBe('u');
  });

  it('ends with the request', async () => {
    const { found } = lookup();
    const stop = new AbortController();
    const asked = found.find('10.0.0.1', stop.signal);
    stop.abort(new Error('gone'));
    await expect(asked).rejects.toThrow('gone');
  });

  it('finds live pods alone by name', async () => {
    const { pods, found, clock } = lookup();
    pods.upsert(web);
    expect(await found.findByName('shop', 'web', signal)).toMatchObject({ uid: 'u' });
    pods.upsert({ ...web, phase: 'Succeeded' });
    const asked = found.findByName('shop', 'web', signal);
    await clock.advance(2_000);
    expect(await asked).toMatchObject({ status: 503 });
  });
});
