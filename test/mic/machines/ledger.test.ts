import { describe, expect, it } from 'vitest';
import { ownedIn, withBegun, withoutOwned } from '../../../src/domain/standard-mode/ledger-state.ts';
import { LeadLost, openLedger } from '../../../src/mic/machines/ledger.ts';
import { fakeCluster } from '../fake-cluster.ts';

const signal = new AbortController().signal;
const begin = (machineId: string) => (state: Parameters<typeof withBegun>[0]) =>
  withBegun(state, machineId, { add: ['a'], remove: [] });

describe('the ledger of a leader', () => {
  it('begins a new epoch, by which the one before finds out', async () => {
    const { store } = fakeCluster();
    const first = await openLedger(store, new Set(), signal);
    const second = await openLedger(store, new Set(), signal);
    expect([first.state.epoch, second.state.epoch]).toEqual([1, 2]);
    await expect(first.edit(begin('m'), signal)).rejects.toBeInstanceOf(LeadLost);
    await second.edit(begin('m'), signal);
  });

  it('is written before an edit resolves; edits at the same time share a write', async () => {
    const cluster = fakeCluster();
    const writes: number[] = [];
    const store = {
      ...cluster.store,
      write: async (...asked: Parameters<typeof cluster.store.write>) => {
        writes.push(Object.keys(asked[0].machines).length);
        return cluster.store.write(...asked);
      },
    };
    const ledger = await openLedger(store, new Set(), signal);
    const machines = Array.from({ length: 50 }, (_, number) => `m${number}`);
    await Promise.all(machines.map((id) => ledger.edit(begin(id), signal)));
    expect(writes).toEqual([0, 1, 50]);
    expect(Object.keys(cluster.ledger?.state.machines ?? {})).toHaveLength(50);
  });

  it('is written again from memory when somebody has deleted or touched it', async () => {
    const cluster = fakeCluster();
    const ledger = await openLedger(cluster.store, new Set(), signal);
    await ledger.edit(begin('m'), signal);
    cluster.ledger = undefined;
    await ledger.edit(begin('n'), signal);
    expect(Object.keys((await cluster.store.read(signal))?.state.machines ?? {})).toEqual(['m', 'n']);
    cluster.ledger = { state: ledger.state, version: 'touched' };
    await ledger.edit(begin('o'), signal);
    expect(Object.keys(ledger.state.machines)).toEqual(['m', 'n', 'o']);
  });

  it('takes in with its next write what somebody has taken out meanwhile', async () => {
    const cluster = fakeCluster();
    const ledger = await openLedger(cluster.store, new Set(), signal);
    await ledger.edit(begin('m'), signal);
    cluster.ledger = { state: withoutOwned(ledger.state, ['m'], ['a']), version: 'by-hand' };
    await ledger.edit(begin('n'), signal);
    expect([[...ownedIn(ledger.state, 'm')], [...ownedIn(ledger.state, 'n')]]).toEqual([[], ['a']]);
    expect(cluster.ledger.state).toEqual(ledger.state);
  });

  it('does not hold what could not be written', async () => {
    const cluster = fakeCluster();
    const ledger = await openLedger(cluster.store, new Set(), signal);
    cluster.isAway = true;
    await expect(ledger.edit(begin('m'), signal)).rejects.toThrow('away');
    expect(ledger.state.machines).toEqual({});
    cluster.isAway = false;
    await ledger.edit(begin('n'), signal);
    expect(Object.keys(cluster.ledger?.state.machines ?? {})).toEqual(['n']);
  });
});
