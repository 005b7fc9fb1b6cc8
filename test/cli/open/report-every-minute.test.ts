import { describe, expect, it } from 'vitest';
import { reportingEveryMinute } from '../../../src/cli/open/report-every-minute.ts';

/** A clock whose minutes pass when they are let pass. */
function manualClock() {
  const waiting: (() => void)[] = [];
  return {
    pass: () => waiting.shift()?.(),
    clock: {
      now: () => 0,
      monotonic: () => 0,
      random: () => 0,
      sleep: (_ms: number, signal: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          waiting.push(resolve);
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    },
  };
}

function recorder() {
  const said: string[] = [];
  const report = {
    progress: (text: string) => void said.push(text),
    note: () => undefined,
    warn: () => undefined,
  };
  return { said, report };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('long work', () => {
  it('repeats its last word every minute in CI, and no longer than it lasts', async () => {
    const { clock, pass } = manualClock();
    const { said, report } = recorder();
    const result = await reportingEveryMinute({ animated: false, clock }, report, async (inner) => {
      pass();
      await turn();
      inner.progress('working');
      pass();
      await turn();
      pass();
      await turn();
      return 'done';
    });
    pass();
    await turn();
    expect(result).toBe('done');
    expect(said).toEqual(['working', 'working (2 min so far)', 'working (3 min so far)']);
  });

  it('hands its failure on', async () => {
    const { clock } = manualClock();
    const failing = reportingEveryMinute({ animated: false, clock }, recorder().report, async () => {
      throw new Error('failed');
    });
    await expect(failing).rejects.toThrow('failed');
  });

  it('leaves a terminal to its spinner', async () => {
    const { clock, pass } = manualClock();
    const { said, report } = recorder();
    await reportingEveryMinute({ animated: true, clock }, report, async (inner) => {
      inner.progress('working');
      pass();
      await turn();
    });
    expect(said).toEqual(['working']);
  });
});
