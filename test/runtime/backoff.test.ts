import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../src/runtime/backoff.ts';

describe('a backoff', () => {
  it('doubles up to its ceiling, with jitter, and starts again after a reset', () => {
    const backoff = createBackoff({ firstMs: 100, mostMs: 350, random: () => 0.5 });
    expect([backoff.nextMs(), backoff.nextMs(), backoff.nextMs(), backoff.nextMs()]).toEqual([
      75, 150, 262.5, 262.5,
    ]);
    backoff.reset();
    expect(backoff.nextMs()).toBe(75);
  });
});
