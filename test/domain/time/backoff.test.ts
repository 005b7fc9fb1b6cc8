import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, doubledMs, jittered } from '../../../src/domain/time/backoff.ts';

const pauses = { firstMs: 100, mostMs: 350 };

describe('doubledMs', () => {
  it.each([
    [0, 100],
    [1, 100],
    [2, 200],
    [3, 350],
    [4, 350],
    [2_000, 350],
  ])('after %i failures is %i', (failures, expected) => {
    expect(doubledMs(pauses, failures)).toBe(expected);
  });

  it('is never more than the longest, though the first is', () => {
    expect(doubledMs({ firstMs: 500, mostMs: 350 }, 1)).toBe(350);
  });

  it('stays nothing where the first is nothing', () => {
    expect(doubledMs({ firstMs: 0, mostMs: 350 }, 5_000)).toBe(0);
  });
});

describe('jittered', () => {
  it.each([
    [0, 50],
    [0.5, 75],
    [1, 100],
  ])('at chance %d makes 100 to %d', (random, expected) => {
    expect(jittered(100, random)).toBe(expected);
  });
});

describe('backoffMs', () => {
  it('doubles up to its ceiling, with jitter', () => {
    expect([1, 2, 3, 4].map((failures) => backoffMs(pauses, failures, 0.5))).toEqual([75, 150, 262.5, 262.5]);
  });

  it('lies between half and all of the doubled pause, and never shrinks while chance is the same', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const sizes = fc.integer({ min: 1, max: 600_000 });
    fc.assert(
      fc.property(sizes, sizes, fc.nat(5_000), chance, (firstMs, mostMs, failures, random) => {
        const backoff = { firstMs, mostMs };
        const pauseMs = backoffMs(backoff, failures, random);
        expect(pauseMs).toBeGreaterThanOrEqual(doubledMs(backoff, failures) / 2);
        expect(pauseMs).toBeLessThanOrEqual(doubledMs(backoff, failures));
        expect(pauseMs).toBeLessThanOrEqual(mostMs);
        expect(backoffMs(backoff, failures + 1, random)).toBeGreaterThanOrEqual(pauseMs);
      }),
    );
  });
});
