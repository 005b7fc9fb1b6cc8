import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  longestRetryAfterMs,
  parseRetryAfter,
  parseRetryAfterSec,
} from '../../../src/domain/time/retry-after.ts';

const nowMs = Date.UTC(1994, 10, 6, 8, 49, 0);

describe('parseRetryAfter', () => {
  it.each<[string | undefined, number | undefined]>([
    ['0', 0],
    ['3', 3_000],
    [' 120 ', 120_000],
    ['86400', longestRetryAfterMs],
    ['86401', longestRetryAfterMs],
    ['9'.repeat(400), longestRetryAfterMs],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
    ['Sun Nov  6 08:49:37 1994', 37_000],
    ['Sun, 06 Nov 1994 08:48:00 GMT', 0],
    ['Sun, 06 Nov 2094 08:48:00 GMT', longestRetryAfterMs],
    ['Friday, 06-Nov-43 08:49:37 GMT', longestRetryAfterMs],
    ['Saturday, 06-Nov-45 08:49:37 GMT', 0],
    ['Wed, 31 Nov 1994 08:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 24:49:37 GMT', undefined],
    ['Sun, 06 Nov 1994 08:49:37 CET', undefined],
    ['1994-11-06T08:49:37Z', undefined],
    ['1994', 1_994_000],
    ['1.5', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['0x10', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('of %j is %s ms', (header, expected) => {
    expect(parseRetryAfter(header, nowMs)).toBe(expected);
  });

  it('takes seconds where nobody knows what a date counts from', () => {
    expect(parseRetryAfter('7', Number.NaN)).toBe(7_000);
    expect(parseRetryAfter('Sun, 06 Nov 1994 08:49:37 GMT', Number.NaN)).toBeUndefined();
    expect(parseRetryAfter('Sunday, 06-Nov-94 08:49:37 GMT', Number.NaN)).toBeUndefined();
  });

  it('reads every date in all three forms', () => {
    const moments = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(moments, fc.integer({ min: 0, max: 86_400 }), (from, aheadSec) => {
        const now = Math.floor(from.getTime() / 1000) * 1000;
        const forms = httpDates(new Date(now + aheadSec * 1000));
        expect(forms.map((form) => parseRetryAfter(form, now))).toEqual(forms.map(() => aheadSec * 1000));
      }),
    );
  });

  it('gives from any text nothing, or what a timer can wait for', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.bigInt().map(String),
      fc.stringMatching(/^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/),
      fc.stringMatching(/^[A-Z][a-z]{5}, \d\d-(Jan|Feb|Dec)-\d\d \d\d:\d\d:\d\d GMT$/),
    );
    fc.assert(
      fc.property(texts, fc.double(), (header, now) => {
        const waitMs = parseRetryAfter(header, now) ?? 0;
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(longestRetryAfterMs);
      }),
    );
  });
});

describe('parseRetryAfterSec', () => {
  it.each<[string | undefined, number | undefined]>([
    ['0', 1],
    ['7', 7],
    ['-5', undefined],
    ['Sun, 06 Nov 1994 08:49:37 GMT', 37],
    ['Sun, 06 Nov 1994 08:00:00 GMT', 1],
    ['soon', undefined],
    [undefined, undefined],
  ])('of %j is %s s', (header, expected) => {
    expect(parseRetryAfterSec(header, nowMs)).toBe(expected);
  });

  it('rounds a part of a second up', () => {
    expect(parseRetryAfterSec('Sun, 06 Nov 1994 08:49:37 GMT', nowMs + 1)).toBe(37);
  });
});

/** RFC 9110 §5.6.7: IMF-fixdate, RFC 850's form, asctime's form. */
function httpDates(date: Date): string[] {
  const imf = date.toUTCString();
  const [, day = '', month = '', year = '', time = ''] = imf.replace(',', '').split(' ');
  const weekday = date.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' });
  return [
    imf,
    `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${imf.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  ];
}
