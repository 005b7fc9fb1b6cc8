import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { limitTime, untilAborted, withinTime } from '../../../src/domain/time/time-limit.ts';
import { handClock } from './hand-clock.ts';

const never = () => new Promise<never>(() => undefined);
const untilTold = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
const fault = new Error('fault');

describe('limitTime', () => {
  it('gives what the work gave in time, and leaves nothing behind', async () => {
    const { signal } = new AbortController();
    let sleep = new AbortController().signal;
    const clock = {
      sleep: (_ms: number, ofSleep: AbortSignal) => {
        sleep = ofSleep;
        return untilTold(ofSleep);
      },
    };
    expect(await limitTime({ clock, ms: 100 }, signal, async () => 'done')).toBe('done');
    expect(sleep.aborted).toBe(true);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('ends the work with its reason when the time is up, and waits for it', async () => {
    const clock = handClock();
    let hasEnded = false;
    const outcome = limitTime(
      { clock, ms: 100, reason: () => fault },
      new AbortController().signal,
      async (signal) => {
        await untilTold(signal).catch(() => undefined);
        await clock.sleep(50, new AbortController().signal);
        hasEnded = true;
        signal.throwIfAborted();
      },
    );
    const rejected = expect(outcome).rejects.toBe(fault);
    await clock.advance(100);
    expect(hasEnded).toBe(false);
    await clock.advance(50);
    await rejected;
    expect(hasEnded).toBe(true);
  });

  it('ends the work with the signal’s reason', async () => {
    const stop = new AbortController();
    const outcome = limitTime({ clock: handClock(), ms: 100 }, stop.signal, untilTold);
    stop.abort(fault);
    await expect(outcome).rejects.toBe(fault);
  });

  it('begins nothing where the signal is aborted already', async () => {
    let begun = 0;
    const outcome = limitTime({ clock: handClock(), ms: 100 }, AbortSignal.abort(fault), async () => {
      begun += 1;
    });
    await expect(outcome).rejects.toBe(fault);
    expect(begun).toBe(0);
  });
});

describe('withinTime', () => {
  it('gives what the work gave in time', async () => {
    const limit = { clock: handClock(), ms: 100 };
    expect(await withinTime(limit, new AbortController().signal, async () => 'done')).toBe('done');
  });

  it('gives nothing after it, and aborts the work', async () => {
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

  it('gives nothing either where the work fails because it was aborted', async () => {
    const clock = handClock();
    const outcome = withinTime({ clock, ms: 100 }, new AbortController().signal, untilTold);
    await clock.advance(100);
    expect(await outcome).toBeUndefined();
  });

  it('passes on what the work throws, and the reason of its caller', async () => {
    const limit = { clock: handClock(), ms: 100 };
    await expect(withinTime(limit, new AbortController().signal, () => Promise.reject(fault))).rejects.toBe(
      fault,
    );
    const stop = new AbortController();
    const outcome = withinTime(limit, stop.signal, never);
    stop.abort(fault);
    await expect(outcome).rejects.toBe(fault);
  });
});

describe('untilAborted', () => {
  it('settles as the promise does, and takes its listener along', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(1), signal)).toBe(1);
    await expect(untilAborted(Promise.reject(fault), signal)).rejects.toBe(fault);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('leaves a promise that goes on', async () => {
    const stop = new AbortController();
    const left = untilAborted(never(), stop.signal);
    stop.abort(fault);
    await expect(left).rejects.toBe(fault);
    await expect(untilAborted(never(), stop.signal)).rejects.toBe(fault);
  });

  it('lets nobody hear of a failure after it left', async () => {
    const stop = new AbortController();
    let fail = (_error: Error): void => undefined;
    const left = untilAborted(
      new Promise((_resolve, reject) => {
        fail = reject;
      }),
      stop.signal,
    );
    stop.abort(fault);
    fail(new Error('too late'));
    await expect(left).rejects.toBe(fault);
  });
});
