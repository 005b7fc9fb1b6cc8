import { describe, expect, it } from 'vitest';
import { laggingInstances, requestsFor } from '../../../src/workflows/nodes/machine-change.ts';

const wanted = { action: 'assign', identityIds: ['/Web'] } as const;
const instance = (instanceId: string, more: object = {}) => ({
  instanceId,
  latestModel: false,
  image: 'new',
  identityIds: ['/kubelet'],
  ...more,
});

describe('instances that a change has left behind', () => {
  it.each([
    ['one that lacks the identity', instance('1'), { safe: ['1'], wouldReimage: [] }],
    ['one with the latest model', instance('1', { latestModel: true }), { safe: [], wouldReimage: [] }],
    ['one that has the identity', instance('1', { identityIds: ['/web'] }), { safe: [], wouldReimage: [] }],
    ['one of another image', instance('1', { image: 'old' }), { safe: [], wouldReimage: ['1'] }],
    ['one whose image is unknown', instance('1', { image: '' }), { safe: ['1'], wouldReimage: [] }],
    [
      'one whose identities are unknown',
      { instanceId: '1', latestModel: false, image: 'new' },
      { safe: ['1'], wouldReimage: [] },
    ],
  ])('%s', (_what, one, found) => {
    expect(laggingInstances({ image: 'new' }, [one], wanted)).toEqual(found);
  });

  it('of a removal are those that still have the identity', () => {
    const has = instance('1', { identityIds: ['/web'] });
    const removal = { action: 'remove', identityIds: ['/WEB'] } as const;
    expect(laggingInstances({ image: 'new' }, [has, instance('2')], removal).safe).toEqual(['1']);
  });
});

describe('the requests that a change takes', () => {
  it.each([
    [0, 0],
    [1, 1],
    [150, 1],
    [151, 2],
    [301, 3],
  ])('%d identities: %d', (count, requests) => {
    const identityIds = Array.from({ length: count }, (_, number) => `/id/${number}`);
    expect(requestsFor({ identityIds: ['/kubelet'] }, { action: 'assign', identityIds })).toBe(requests);
  });
});
