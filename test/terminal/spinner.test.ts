import { describe, expect, it } from 'vitest';
import { countingSpinner } from '../../src/terminal/spinner.ts';

/** A clock whose seconds pass when the test says so. */
function handClock() {
  let nowMs = 0;
  let wake: (() => void) | undefined;
  return {
    monotonic: () => nowMs,
    sleep: (_ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        wake = resolve;
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
    async pass(seconds: number) {
      for (let second = 0; second < seconds; second++) {
        nowMs += 1000;
        wake?.();
        await new Promise(setImmediate);
      }
    },
  };
}

describe('the spinner', () => {
  it('says how long its text stands, anew for each text, until it is stopped', async () => {
    const clock = handClock();
    const drawn = { text: '', start: () => undefined, stop: () => undefined };
    const spinner = countingSpinner(drawn, clock);
    spinner.text = 'Writing';
    spinner.start();
    await clock.pass(2);
    expect(drawn.text).toBe('Writing');
    await clock.pass(1);
    expect(drawn.text).toBe('Writing (3 s)');
    await clock.pass(62);
    expect([drawn.text, spinner.text]).toEqual(['Writing (1 min 5 s)', 'Writing']);
    spinner.text = 'Reading';
    await clock.pass(2);
    expect(drawn.text).toBe('Reading');
    await clock.pass(1);
    expect(drawn.text).toBe('Reading (3 s)');
    spinner.stop();
    await clock.pass(5);
    expect(drawn.text).toBe('Reading (3 s)');
  });
});
