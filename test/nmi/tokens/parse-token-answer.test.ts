import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTokenAnswer, parseTokenTime } from '../../../src/nmi/tokens/parse-token-answer.ts';
import { printableText } from '../../../src/nmi/tokens/printable-text.ts';

const context = { clientId: 'c', resource: 'r', wallMs: 1_505_347_200_000 };

describe('the end of a token', () => {
  it.each<[unknown, number | undefined]>([
    [1505347200, 1505347200],
    ['1505347200', 1505347200],
    ['1505347200.75', 1505347200],
    ['9/14/2017 12:00:00 AM +00:00', 1505347200],
    ['9/14/2017 00:00:00 +00:00', 1505347200],
    ['9/13/2017 7:00:00 PM -05:00', 1505347200],
    ['9/14/2017 12:00:00 PM +00:00', 1505390400],
    ['2017-09-14T00:00:00Z', 1505347200],
    ['13/14/2017 00:00:00 +00:00', undefined],
    ['9/14/2017 25:00:00 +00:00', undefined],
    ['9/14/2017 13:00:00 PM +00:00', undefined],
    ['tomorrow', undefined],
    ['', undefined],
    [-1, undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [{}, undefined],
  ])('is read from %j', (value, expected) => {
    expect(parseTokenTime(value)).toBe(expected);
  });

  it('comes back from every form in which it is written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (seconds) => {
        const at = new Date(seconds * 1000);
        const two = (value: number) => String(value).padStart(2, '0');
        const day = `${at.getUTCMonth() + 1}/${at.getUTCDate()}/${at.getUTCFullYear()}`;
        const clock = `${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
        const hour = at.getUTCHours();
        const forms = [
          seconds,
          String(seconds),
          at.toISOString(),
          `${day} ${hour}:${clock} +00:00`,
          `${day} ${hour % 12 || 12}:${clock} ${hour < 12 ? 'AM' : 'PM'} +00:00`,
        ];
        expect(forms.map(parseTokenTime)).toEqual(forms.map(() => seconds));
      }),
    );
  });
});

describe('a token answer', () => {
  const parse = (value: unknown) => parseTokenAnswer(Buffer.from(JSON.stringify(value)), context);

  it('lives as long as the issuer says, not as this node’s clock does', () => {
    expect(parse({ access_token: 't', expires_in: 3600, expires_on: '1505999999' })).toMatchObject({
      lifetimeMs: 3_600_000,
      token: { expiresOnSec: 1505999999 },
    });
  });

  it('is completed from the question and the clock', () => {
    expect(parse({ access_token: 't', expires_in: '60' })?.token).toEqual({
      accessToken: 't',
      clientId: 'c',
      resource: 'r',
      tokenType: 'Bearer',
      expiresOnSec: 1505347260,
      notBeforeSec: 1505347200,
    });
  });

  it.each([
    {},
    { access_token: '' },
    { access_token: 't' },
    { access_token: 'a\r\nb', expires_in: 60 },
    { access_token: 't', expires_in: 0 },
    { access_token: 7, expires_in: 60 },
    [],
    null,
    'text',
  ])('is none in %j', (value) => {
    expect(parse(value)).toBeUndefined();
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(parseTokenAnswer(bytes, context)).toBeUndefined();
        },
      ),
    );
  });
});

describe('upstream’s words', () => {
  it('are shown on one line, bounded, and without tokens or secrets', () => {
    const text = `line\r\nbreak eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln and hunter2 ${'x'.repeat(2_000)}`;
    const shown = printableText(text, ['hunter2', '']);
    expect(shown).toMatch(/^line break \*\*\* and \*\*\* x+$/);
    expect(shown.length).toBeLessThanOrEqual(600);
  });
});
