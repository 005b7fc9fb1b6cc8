import { describe, expect, it } from 'vitest';
import {
  createKnownRefusals,
  reasonsOfPod,
  refusalsInAll,
} from '../../../../src/nmi/observe/events/known-refusals.ts';

const pod = (uid: string) => ({ uid, namespace: 'shop', name: uid });

describe('what pods are refused for', () => {
  it('is counted by pod and reason', () => {
    const known = createKnownRefusals(() => true);
    known.count(pod('a'), 'no-label', 1);
    known.count(pod('a'), 'no-binding', 2);
    expect(known.count(pod('a'), 'no-label', 3)).toMatchObject({ count: 2, firstMs: 1, lastMs: 3 });
    expect(known.size).toBe(2);
  });

  it('is bounded by pod', () => {
    const known = createKnownRefusals(() => true);
    for (let at = 0; at < 100; at += 1) {
      known.count(pod('a'), `reason-${at}`, 1);
    }
    expect(known.size).toBe(reasonsOfPod);
    expect(known.count(pod('b'), 'no-label', 1)).toBeDefined();
  });

  it('is bounded in all: pods that are gone make room, and none that is there loses its place', () => {
    const gone = new Set<string>();
    const known = createKnownRefusals((uid) => !gone.has(uid));
    for (let at = 0; at < 3 * refusalsInAll; at += 1) {
      known.count(pod(`p${at}`), 'no-label', 1);
    }
    expect(known.size).toBe(refusalsInAll);
    expect(known.count(pod('late'), 'no-label', 1)).toBeUndefined();
    gone.add('p0');
    expect(known.count(pod('late'), 'no-label', 2)).toMatchObject({ count: 1 });
    expect(known.count(pod('p1'), 'no-label', 2)).toMatchObject({ count: 2 });
    expect(known.size).toBe(refusalsInAll);
  });
});
