import { describe, expect, it } from 'vitest';
import { parseRolledPod } from '../../../src/validate/kubernetes/daemon-set-rollout.ts';

const set = { uid: 'set', template: '2' };
const ownedBy = (uid: string) => ({ ownerReferences: [{ kind: 'DaemonSet', uid, controller: true }] });
const pod = (metadata: object = {}) => ({
  metadata: { labels: { 'pod-template-generation': '2' }, ...metadata },
  spec: { nodeName: 'a' },
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});

describe('a pod of a DaemonSet', () => {
  it.each<[string, object, object | undefined]>([
    ['is ready', pod(ownedBy('set')), { name: 'a', ready: true }],
    ['is not yet owned, as an orphan that will be taken in', pod(), { name: 'a', ready: true }],
    ['is of another DaemonSet with the same labels', pod(ownedBy('another')), undefined],
    [
      'is ending, ready as it says it is',
      pod({ ...ownedBy('set'), deletionTimestamp: '2026-01-01T00:00:00Z' }),
      { name: 'a', ready: false, ending: true, reason: 'ending' },
    ],
    [
      'is of an older template',
      pod({ ...ownedBy('set'), labels: { 'pod-template-generation': '1' } }),
      { name: 'a', ready: false, reason: 'still runs the previous version' },
    ],
    ['has no node', { ...pod(), spec: {} }, undefined],
  ])('%s', (_, json, expected) => {
    expect(parseRolledPod(json, set)).toEqual(expected);
  });
});
