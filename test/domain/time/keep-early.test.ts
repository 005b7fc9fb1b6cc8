import { describe, expect, it } from 'vitest';
import { keepEarly } from '../../../src/domain/time/keep-early.ts';

const signal = new AbortController().signal;
const minutes = 60_000;

/** Each time it is asked it gives the next: a text, or an error. */
function world(...answers: (string | Error)[]) {
  let nowMs = 0;
  let asked = 0;
  const kept = keepEarly(
    async () => {
      const answer = answers[asked];
      asked += 1;
      if (answer instanceof Error) {
        throw answer;
      }
      return answer;
    },
    { monotonic: () => nowMs },
  );
  return {
    kept,
    asked: () => asked,
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

describe('what is asked for early', () => {
  it('is asked for where it is needed, if nothing was prepared, and kept', async () => {
    const { kept, asked } = world('first', 'second');
    expect([await kept.get(signal), await kept.get(signal), asked()]).toEqual(['first', 'first', 1]);
  });

  it('is asked for once while it is fresh', async () => {
    const { kept, asked, pass } = world('first');
    await kept.prepare(signal);
    await kept.prepare(signal);
    pass(4 * minutes);
    expect([await kept.get(signal), asked()]).toEqual(['first', 1]);
  });

  it('is asked for anew when it is old, and kept where that fails', async () => {
    const { kept, pass } = world('first', 'second', new Error('the assertion has expired'));
    await kept.prepare(signal);
    pass(6 * minutes);
    expect(await kept.get(signal)).toBe('second');
    pass(6 * minutes);
    expect(await kept.get(signal)).toBe('second');
  });

  it('is told of by whoever needs it where it cannot be had', async () => {
    const { kept } = world(new Error('no way'), new Error('no way, again'), 'a way');
    await kept.prepare(signal);
    await expect(kept.get(signal)).rejects.toThrow('no way, again');
    expect(await kept.get(signal)).toBe('a way');
  });

  it('ends with its signal', async () => {
    const { kept } = world(new Error('aborted'), new Error('aborted'));
    const ended = AbortSignal.abort(new Error('Interrupted'));
    await expect(kept.prepare(ended)).rejects.toThrow('Interrupted');
  });
});
