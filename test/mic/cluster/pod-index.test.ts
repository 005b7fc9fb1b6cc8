import { describe, expect, it } from 'vitest';
import { PodIndex } from '../../../src/mic/cluster/pod-index.ts';
import { micPod } from '../decide/mic-objects.ts';

describe('the pods with a label', () => {
  it('are those that have it now', () => {
    const pods = new PodIndex(() => undefined);
    pods.replace([micPod(), micPod({ name: 'p2' }), micPod({ name: 'p3', label: 'jobs' })]);
    expect([...pods.withLabel('web')]).toEqual(['shop/p1', 'shop/p2']);
    pods.upsert(micPod({ label: 'jobs' }));
    expect([...pods.withLabel('jobs')]).toEqual(['shop/p3', 'shop/p1']);
    pods.upsert(micPod({ name: 'p3', label: 'jobs', phase: 'Succeeded' }));
    pods.replace([micPod({ name: 'p2' })]);
    expect([...pods.withLabel('web'), ...pods.withLabel('jobs')]).toEqual(['shop/p2']);
  });
});
