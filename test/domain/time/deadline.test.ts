import { describe, expect, it } from 'vitest';
import { startDeadline } from '../../../src/domain/time/deadline.ts';
import { untilAborted } from '../../../src/domain/time/time-limit.ts';
import { handClock } from './hand-clock.ts';

const { signal } = new AbortController();

async function lengthOf(clock: ReturnType<typeof handClock>, pause: Promise<void>): Promise<number> {
  const from = clock.monotonic();
  let isOver = false;
  void pause.then(() => {
    isOver = true;
  });
  await clock.advance(0);
  while (!isOver) {
    await clock.advance(250);
  }
  return clock.monotonic() - from;
}

describe('a deadline', () => {
  it('comes when its time has passed, whatever becomes of the wall clock', async () => {
    const clock = handClock();
    const deadline = startDeadline(clock, 1_000, signal);
    clock.jump(-3_600_000);
    await clock.advance(400);
    expect([deadline.remainingMs(), deadline.passed()]).toEqual([600, false]);
    clock.jump(7_200_000);
    await clock.advance(599);
    expect(deadline.passed()).toBe(false);
    await clock.advance(1_000);
    expect([deadline.remainingMs(), deadline.passed()]).toEqual([0, true]);
  });

  it.each([
    ['half to all of what it is given', [4_000], 3_000],
    ['what the server asked for, never less', [4_000, 5_000], 5_000],
    ['its own pause where the server asks for less', [4_000, 1_000], 3_000],
    ['no longer than to its end', [4_000, 60_000], 10_000],
  ] as const)('pauses %s', async (_title, [ms, askedMs], expected: number) => {
    const clock = handClock();
    const deadline = startDeadline(clock, 10_000, signal);
    expect(await lengthOf(clock, deadline.pause(ms, askedMs))).toBe(expected);
  });

  it('has passed once its own timer says so, though the clock is a fraction of a millisecond behind', async () => {
    const early = { ...handClock(), sleep: () => Promise.resolve() };
    const deadline = startDeadline(early, 1_000, signal);
    const work = deadline.within((inTime) => untilAborted(new Promise(() => undefined), inTime));
    await expect(work).rejects.toThrow('The time is up.');
    expect(deadline.passed()).toBe(true);
  });

  it('ends a pause with the signal’s reason', async () => {
    const stop = new AbortController();
    const pause = startDeadline(handClock(), 10_000, stop.signal).pause(4_000);
    stop.abort(new Error('Ctrl-C'));
    await expect(pause).rejects.toThrow('Ctrl-C');
  });

  it('ends what runs within it', async () => {
    const clock = handClock();
    const ended = startDeadline(clock, 1_000, signal).within(
      (inTime) =>
        new Promise((_resolve, reject) => {
          inTime.addEventListener('abort', () => reject(inTime.reason));
        }),
    );
    const outcome = expect(ended).rejects.toMatchObject({ name: 'TimeoutError' });
    await clock.advance(1_000);
    await outcome;
  });
});
