import { expect, it } from 'vitest';
import { createPodAllowances } from '../../../../src/nmi/tokens/exchange/pod-allowances.ts';
import { handClock } from '../../../domain/time/hand-clock.ts';

function world() {
  const clock = handClock();
  const allowances = createPodAllowances(clock);
  return {
    clock,
    /** How many of so many questions are let through. */
    passed(count: number, ...pods: readonly string[]) {
      let passed = 0;
      for (let number = 0; number < count; number += 1) {
        try {
          allowances.charge(new Set(pods));
          passed += 1;
        } catch (error) {
          expect(error).toMatchObject({ status: 429, retryAfterSec: 1, holdsForOthers: false });
        }
      }
      return passed;
    },
  };
}

it('lets a pod ask for sixty tokens, then one a second, and its neighbour for all that it needs', async () => {
  const { clock, passed } = world();
  expect(passed(1_000, 'greedy')).toBe(60);
  expect(passed(10, 'modest')).toBe(10);
  await clock.advance(5_000);
  expect(passed(1_000, 'greedy')).toBe(5);
  await clock.advance(3_600_000);
  expect(passed(1_000, 'greedy')).toBe(60);
});

it('lets a token that several want be asked for while one of them has something left', () => {
  const { passed } = world();
  passed(60, 'greedy');
  expect(passed(1, 'greedy', 'modest')).toBe(1);
  expect(passed(1, 'greedy')).toBe(0);
});
