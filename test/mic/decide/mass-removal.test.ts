import { describe, expect, it } from 'vitest';
import { decideRemoval, secondLookAt } from '../../../src/mic/decide/mass-removal.ts';

const pairs = (count: number, first = 0) =>
  new Set(Array.from({ length: count }, (_, number) => `machine ${first + number}`));
const minute = 60_000;

describe('rule 16: a prune of bindings takes all identities away at once', () => {
  it.each([
    ['half of them', 5, 10],
    ['a few, whatever the cluster has', 3, 3],
    ['one of two', 1, 2],
  ])('%s go without a second look', (_what, due, owned) => {
    expect(decideRemoval(pairs(due), owned, undefined, 0)).toEqual({ allowed: true, look: undefined });
  });

  it('more than half wait for a second look, five minutes later', () => {
    const first = decideRemoval(pairs(6), 10, undefined, 1_000);
    expect(first.allowed).toBe(false);
    const early = decideRemoval(pairs(6), 10, first.look, 1_000 + 5 * minute - 1);
    expect(early).toEqual({ allowed: false, look: first.look });
    expect(first.look && secondLookAt(first.look)).toBe(1_000 + 5 * minute);
    expect(decideRemoval(pairs(6), 10, first.look, 1_000 + 5 * minute).allowed).toBe(true);
  });

  it('go when fewer are left, and begin anew when others come on top', () => {
    const { look } = decideRemoval(pairs(8), 10, undefined, 0);
    expect(decideRemoval(pairs(6), 10, look, 5 * minute).allowed).toBe(true);
    const more = decideRemoval(pairs(9), 10, look, 5 * minute);
    expect(more.allowed).toBe(false);
    expect(more.look?.atMs).toBe(5 * minute);
  });

  it('is forgotten once the bindings are back', () => {
    const { look } = decideRemoval(pairs(8), 10, undefined, 0);
    expect(decideRemoval(pairs(0), 10, look, minute)).toEqual({ allowed: true, look: undefined });
  });
});
