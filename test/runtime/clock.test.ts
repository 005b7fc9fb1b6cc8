import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';

describe('the system clock', () => {
  it('ends a wait with the reason of its signal, before and during it', async () => {
    const clock = systemClock();
    const reason = new Error('enough');
    await expect(clock.wait(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = clock.wait(60_000, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
