import { describe, expect, it } from 'vitest';
import { wayToEnable } from '../../../src/domain/clusters/way-to-enable.ts';
import { clusterWith } from '../../workflows/fake-azure.ts';

const where = '-g rg -c aks --subscription sub';
const secret = { identity: { type: 'None', userAssigned: [] } };
const update = `podid cluster update ${where} --enable-managed-identity --upgrade-node-images`;
const policy = `podid policy kubenet ${where} --apply`;

describe('the way to the add-on', () => {
  it.each([
    ['a sound cluster', {}, `podid enable ${where}`],
    ['a service principal', secret, `${update}, then podid enable ${where}`],
    [
      'kubenet',
      { networkPlugin: 'kubenet' },
      `${policy}, then podid enable ${where} --enable-pod-identity-with-kubenet`,
    ],
    [
      'both',
      { ...secret, networkPlugin: 'kubenet' },
      `${update}, then ${policy}, then podid enable ${where} --enable-pod-identity-with-kubenet`,
    ],
  ])('begins with what stands in it: %s', (_what, cluster, text) => {
    expect(String(wayToEnable(clusterWith(cluster)))).toBe(text);
  });
});
