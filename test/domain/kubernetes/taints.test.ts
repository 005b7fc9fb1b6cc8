import { describe, expect, it } from 'vitest';
import { taintsThatKeepOff } from '../../../src/domain/kubernetes/taints.ts';

const gpu = { key: 'sku', value: 'gpu', effect: 'NoSchedule' };
const evicting = { ...gpu, effect: 'NoExecute' };
const none = { key: '', value: '', effect: '', operator: 'Equal' };

describe('a taint keeps a DaemonSet off a node', () => {
  it.each([
    ['without tolerations', gpu, [], true],
    ['that evicts', evicting, [], true],
    ['that only prefers', { ...gpu, effect: 'PreferNoSchedule' }, [], false],
    [
      'that Kubernetes has every DaemonSet tolerate',
      { ...gpu, key: 'node.kubernetes.io/unschedulable' },
      [],
      false,
    ],
    ['of a taint of the same name elsewhere', { ...gpu, key: 'x/unschedulable' }, [], true],
    ['that is tolerated by its value', gpu, [{ ...gpu, operator: 'Equal' }], false],
    ['of another value', gpu, [{ ...gpu, value: 'fpga', operator: 'Equal' }], true],
    ['of any value', gpu, [{ ...gpu, value: '', operator: 'Exists' }], false],
    ['of another effect', evicting, [{ ...gpu, operator: 'Equal' }], true],
    ['of any effect', evicting, [{ ...gpu, effect: '', operator: 'Equal' }], false],
    ['where all are tolerated', evicting, [{ ...none, operator: 'Exists' }], false],
    ['by no key and no Exists', gpu, [none], true],
  ])('%s', (_, taint, tolerations, isKeptOff) => {
    expect(taintsThatKeepOff([taint], tolerations)).toEqual(isKeptOff ? [taint] : []);
  });
});
