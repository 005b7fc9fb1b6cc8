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

  it('owns, after a change, what of it the machine carries', () => {
    const after = withSettled(begun, 'm', new Set(['a', 'others']));
    expect(entryOf(after, 'm')).toEqual({ on: ['a'] });
  });

  it('rule 11: does not own again what was taken off and put back by others', () => {
    const taken = withSettled(withSettled(begun, 'm', new Set(['a'])), 'm', new Set());
    expect(ownedIn(withSettled(taken, 'm', new Set(['a'])), 'm').size).toBe(0);
  });

  it('rule 11: does not own what is there after a change that failed: others may have put it there', () => {
    const on = withSettled(begun, 'm', new Set(['a']));
    const again = withBegun(on, 'm', { add: ['b'], remove: [] });
    expect(entryOf(withSettled(again, 'm', new Set(['a', 'b']), true), 'm')).toEqual({ on: ['a'] });
  });

  it('still owns what is being removed, until it is gone', () => {
    const on = withSettled(begun, 'm', new Set(['a', 'b']));
    const removing = withBegun(on, 'm', { add: [], remove: ['a'] });
    expect([...ownedIn(removing, 'm')]).toEqual(['a', 'b']);
    expect(entryOf(withSettled(removing, 'm', new Set(['b'])), 'm')).toEqual({ on: ['b'] });
  });

  it('rule 14: drops a machine that is gone, and nothing else', () => {
    const two = withBegun(begun, 'n', { add: ['a'], remove: [] });
    expect(Object.keys(withoutMachine(two, 'm').machines)).toEqual(['n']);
    expect(countOwned(two)).toBe(3);
  });

  it('gives up what somebody takes over, on the machines named alone', () => {
    const two = withSettled(withBegun(begun, 'n', { add: ['a'], remove: [] }), 'n', new Set(['a']));
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
