import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachConcurrently, findConcurrently } from '../../../src/domain/time/each-concurrently.ts';

const items = Array.from({ length: 20 }, (_none, index) => index);
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('eachConcurrently', () => {
  it('begins nothing new after a failure, and waits for what runs', async () => {
    const begun: number[] = [];
    const ended: number[] = [];
    const outcome = eachConcurrently(items, async (item) => {
      begun.push(item);
      if (item === 3) {
        throw new Error('three');
      }
      await turn();
      await turn();
      ended.push(item);
    });
    await expect(outcome).rejects.toThrow('three');
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(ended).toEqual([0, 1, 2, 4, 5, 6, 7]);
    await turn();
    expect(begun).toHaveLength(8);
  });

  it('throws the first failure in time, though others follow', async () => {
    const outcome = eachConcurrently(items, async (item) => {
      await (item === 1 ? undefined : turn());
      throw new Error(String(item));
    });
    await expect(outcome).rejects.toThrow(/^1$/);
  });

  it('throws undefined where that is what failed', async () => {
    await expect(eachConcurrently(items, () => Promise.reject(undefined))).rejects.toBeUndefined();
  });

  it('throws what a plain function throws', async () => {
    const outcome = eachConcurrently(items, () => {
      throw new Error('at once');
    });
    await expect(outcome).rejects.toThrow('at once');
  });

  it('runs no more than so many at a time, each item once, results in the items’ order', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 30 }),
        fc.integer({ min: 1, max: 12 }),
        async (turns, atOnce) => {
          let running = 0;
          let most = 0;
          const results = await eachConcurrently(
            [...turns.entries()],
            async ([index, count]) => {
              most = Math.max(most, ++running);
              for (let left = count; left > 0; left--) {
                await turn();
              }
              running -= 1;
              return index;
            },
            atOnce,
          );
          expect(results).toEqual([...turns.keys()]);
          expect(most).toBeLessThanOrEqual(atOnce);
        },
      ),
      { numRuns: 50 },
    ));
});

describe('findConcurrently', () => {
  it('gives the first in the items’ order, whatever comes first in time', async () => {
    const found = await findConcurrently([1, 2, 3], async (item) => {
      await (item === 2 ? turn() : undefined);
      return item === 1 ? undefined : item;
    });
    expect(found).toBe(2);
  });

  it('gives undefined where nothing is found', async () => {
    expect(await findConcurrently([1, 2], async () => undefined)).toBeUndefined();
  });
});
