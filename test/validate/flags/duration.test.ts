import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationOf, parseDuration } from '../../../src/validate/flags/duration.ts';
import { faultsOf } from '../faults-of.ts';

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
  ])('reads %s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', '0s', '-1s', '1d', '5 m', '1e3s', '99999999h', '٥m', 'Infinity', '5M'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
      expect(faultsOf((faults) => durationOf(faults, '--timeout', text, 1))[0]).toContain('--timeout');
    },
  );

  it.each(['0s', '0.1ms', '99999h'])(
    'of a length that cannot be waited is refused with the limits: %s',
    (text) => {
      expect(faultsOf((faults) => durationOf(faults, '--timeout', text, 1))).toEqual([
        `--timeout: "${text}" is not a length of time that can be waited: more than 0 and at most 552h.`,
      ]);
    },
  );

  it('reads back every whole number of seconds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1_000_000 }), (seconds) => {
        expect(parseDuration(`${seconds}s`)).toBe(seconds * 1000);
      }),
    );
  });
});
