import { describe, expect, it } from 'vitest';
import { withinTime } from '../../src/runtime/within-time.ts';
import { handClock } from './hand-clock.ts';

describe('a time limit', () => {
  const never = () => new Promise<never>(() => undefined);

  it('gives what the work gave in time', async () => {
    const limit = { clock: handClock(), ms: 100 };
    expect(await withinTime(limit, new AbortController().signal, async () => 'done')).toBe('done');
  });

  it('gives nothing after it, and tells the work', async () => {
    const clock = handClock();
    let told = false;
    const outcome = withinTime({ clock, ms: 100 }, new AbortController().signal, (signal) => {
      signal.addEventListener('abort', () => {
        told = true;
      });
      return never();
    });
    await clock.advance(100);
    expect([await outcome, told]).toEqual([undefined, true]);
  });

  it('passes on what the work throws, and the reason of its caller', async () => {
    const limit = { clock: handClock(), ms: 100 };
    const fault = new Error('fault');
    await expect(withinTime(limit, new AbortController().signal, () => Promise.reject(fault))).rejects.toBe(
      fault,
    );
    const stop = new AbortController();
    const outcome = withinTime(limit, stop.signal, never);
    stop.abort(fault);
    await expect(outcome).rejects.toBe(fault);
  });
});
