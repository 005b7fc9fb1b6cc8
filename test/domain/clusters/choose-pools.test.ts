import { describe, expect, it } from 'vitest';
import type { Machine } from '../../../src/domain/azure/machines.ts';
import { choosePools, machinesOfPools } from '../../../src/domain/clusters/choose-pools.ts';
import { clusterWith } from '../../workflows/fake-azure.ts';

const pool = (name: string, osType = 'Linux') => ({ name, osType, type: 'VirtualMachineScaleSets' });
const machine = (name: string, more: Partial<Machine> = {}): Machine => ({
  resourceId: `/x/${name}`,
  name,
  kind: 'vmss',
  osType: 'Linux',
  identityType: 'None',
  identityIds: [],
  provisioningState: 'Succeeded',
  ...more,
});

describe('the chosen pools', () => {
  const cluster = clusterWith({ pools: [pool('one'), pool('two'), pool('win', 'Windows')] });

  it('are the Linux ones where none is named', () => {
    expect(choosePools(cluster, []).map(({ name }) => name)).toEqual(['one', 'two']);
  });

  it('are those that are named, in any case', () => {
    expect(choosePools(cluster, ['TWO']).map(({ name }) => name)).toEqual(['two']);
  });

  it.each([
    [['one', 'three', 'four'], 'NodePoolNotFound', /three, four; it has one, two, win/],
    [['one', 'win'], 'NoLinuxScaleSetPool', /win/],
  ])('%j are refused', (names, code, message) => {
    expect(() => choosePools(cluster, names)).toThrow(expect.objectContaining({ code }));
    expect(() => choosePools(cluster, names)).toThrow(message);
  });
});

describe('the machines of pools', () => {
  it('are found by the tag, else by the name that AKS gives', () => {
    const machines = [
      machine('anything', { poolName: 'one' }),
      machine('aks-one-12345678-vmss'),
      machine('aks-one-12345678-0', { kind: 'vm' }),
      machine('aks-one-12345678-vmss', { poolName: 'two' }),
      machine('aks-one1-12345678-vmss'),
      machine('one'),
    ];
    expect(machinesOfPools([pool('one')], machines)).toEqual(machines.slice(0, 3));
  });

  it('are those that AKS made on Linux where the server names no pools', () => {
    const machines = [
      machine('a', { poolName: 'x' }),
      machine('b'),
      machine('c', { poolName: 'w', osType: 'Windows' }),
    ];
    expect(machinesOfPools([], machines)).toEqual(machines.slice(0, 1));
  });
});
