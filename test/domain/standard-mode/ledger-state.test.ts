import { describe, expect, it } from 'vitest';
import {
  countOwned,
  emptyLedger,
  entryOf,
  ownedIn,
  withBegun,
  withOwnedIn,
  withoutMachine,
  withoutOwned,
  withSettled,
} from '../../../src/domain/standard-mode/ledger-state.ts';

const begun = withBegun(emptyLedger, 'm', { add: ['a', 'b'], remove: [] });

describe('the ledger', () => {
  it('owns what was begun to be added: it may be there', () => {
    expect([...ownedIn(begun, 'm')].sort()).toEqual(['a', 'b']);
  });

  it('owns, after a change, what of it was not given up', () => {
    expect(entryOf(withSettled(withoutOwned(begun, ['m'], ['b']), 'm'), 'm')).toEqual({ on: ['a'] });
    expect(entryOf(withSettled(withoutOwned(begun, ['m'], ['a', 'b']), 'm'), 'm')).toBeUndefined();
  });

  it('still owns what is being removed, until it is gone', () => {
    const removing = withBegun(withSettled(begun, 'm'), 'm', { add: [], remove: ['a'] });
    expect([...ownedIn(removing, 'm')]).toEqual(['a', 'b']);
    expect(entryOf(withSettled(withoutOwned(removing, ['m'], ['a']), 'm'), 'm')).toEqual({ on: ['b'] });
  });

  it('rule 14: drops a machine that is gone, and nothing else', () => {
    const two = withBegun(begun, 'n', { add: ['a'], remove: [] });
    expect(Object.keys(withoutMachine(two, 'm').machines)).toEqual(['n']);
    expect(countOwned(two)).toBe(3);
  });

  it('gives up what somebody takes over, on the machines named alone', () => {
    const two = withSettled(withBegun(begun, 'n', { add: ['a'], remove: [] }), 'n');
    const left = withoutOwned(two, ['m', 'n', 'unknown'], ['a']);
    expect([...ownedIn(left, 'm')]).toEqual(['b']);
    expect(entryOf(left, 'n')).toBeUndefined();
    expect(withoutOwned(two, ['m'], ['c'])).toBe(two);
  });

  it('owns no more than the ledger that was found, and nothing that it did not own', () => {
    const found = withoutOwned(withBegun(begun, 'n', { add: ['x'], remove: [] }), ['m'], ['b']);
    const left = withOwnedIn(begun, found);
    expect([[...ownedIn(left, 'm')], Object.keys(left.machines)]).toEqual([['a'], ['m']]);
  });
});
