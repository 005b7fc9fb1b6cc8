import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/system-clock.ts';

describe('the system clock', () => {
  it('ends a sleep with the reason of its signal, before and during it', async () => {
    const clock = systemClock();
    const reason = new Error('enough');
    await expect(clock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const stop = new AbortController();
    const waiting = clock.sleep(60_000, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });

  it('sleeps as long as it is asked to by its own monotonic time, and leaves no listener behind', async () => {
    const clock = systemClock();
    const { signal } = new AbortController();
    const from = clock.monotonic();
    await clock.sleep(20, signal);
    // Node's timers count whole milliseconds and may be one early.
    expect(clock.monotonic() - from).toBeGreaterThanOrEqual(19);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('does not wake at once from a sleep longer than a timer holds', async () => {
    const stop = new AbortController();
    const endless = systemClock().sleep(Number.POSITIVE_INFINITY, stop.signal);
    const month = systemClock().sleep(30 * 86_400_000, stop.signal);
    const short = systemClock()
      .sleep(20, stop.signal)
      .then(() => stop.abort(new Error('still asleep')));
    await expect(endless).rejects.toThrow('still asleep');
    await expect(month).rejects.toThrow('still asleep');
    await short;
  });
});
