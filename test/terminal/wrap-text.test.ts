import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heldBlank } from '../../src/errors/hint.ts';
import { plainText } from '../../src/errors/plain-text.ts';
import { asked } from '../../src/terminal/ask/confirm.ts';
import { released, wrapMessage, wrapResult, wrapText } from '../../src/terminal/wrap-text.ts';

const word = fc.stringMatching(/^[!-~→…]{1,60}$/);
/** A command, its blanks held. */
const typed = fc
  .array(word, { minLength: 2, maxLength: 8 })
  .map((words) => ['podid', ...words].join(heldBlank));
const painted = word.map((text) => `\u001b[31m${text}\u001b[39m`);
const line = fc
  .tuple(
    fc.constantFrom('', '  ', '  → ', '    '),
    fc.array(fc.oneof(word, painted, typed), { minLength: 1, maxLength: 30 }),
  )
  .map(([margin, words]) => `${margin}${words.join(' ')}`);
const text = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'));
const columns = fc.integer({ min: 20, max: 200 });

// biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of.
const bare = (shown: string) => shown.replace(/\u001b\[[\d;]*m/g, '');
const wordsOf = (shown: string) =>
  bare(shown)
    .split(/[ \n]+/)
    .filter((each) => each !== '');

describe('a text on a terminal', () => {
  it('has each word whole, in its place, and no line that is longer than its one word', () => {
    fc.assert(
      fc.property(text, columns, (given, width) => {
        const lines = wrapText(given, width, '  ');
        expect(wordsOf(lines.join('\n'))).toEqual(wordsOf(given));
        for (const each of lines.map(bare)) {
          const [first = '', ...more] = each.trim().split(' ');
          const isOneWord = more.length === 0 || (first.length === 1 && more.length === 1);
          expect(each.length <= width || isOneWord, each).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['a message', wrapMessage],
    ['a result', wrapResult],
  ])('keeps each command of %s on one line', (_what, wrap) => {
    fc.assert(
      fc.property(text, columns, (given, width) => {
        const shown = bare(wrap(given, width)).split('\n');
        const commands = wordsOf(given).filter((each) => each.includes(heldBlank));
        for (const command of commands.map(released)) {
          expect(
            shown.some((each) => each.includes(command)),
            command,
          ).toBe(true);
        }
        expect(shown.join('')).not.toContain(heldBlank);
      }),
    );
  });

  it('is as it was where there is no terminal, or room for all of it', () => {
    fc.assert(
      fc.property(text, (given) => {
        expect(wrapResult(given, undefined)).toBe(released(given));
        expect(wrapResult(given, 100_000)).toBe(released(given));
      }),
    );
  });

  it('is a question of which no word is broken, with room for its answer', () => {
    fc.assert(
      fc.property(text, columns, (given, width) => {
        const lines = asked(given, width).split('\n');
        expect(wordsOf(lines.join('\n'))).toEqual(wordsOf(plainText(given)));
        const isOneWord = (each: string) => each.trim().split(' ').length <= 2;
        for (const each of lines) {
          expect(each.length + '? '.length <= width || isOneWord(each), each).toBe(true);
        }
      }),
    );
  });

  it('goes on below its own words, and not at the margin', () => {
    expect(wrapResult('BlockedBy: one two three\n  → do this: four five', 14)).toBe(
      'BlockedBy: one\n  two three\n  → do this:\n    four five',
    );
  });

  it('wraps twice as once', () => {
    fc.assert(
      fc.property(line, columns, (given, width) => {
        const once = wrapText(given, width, '  ').join('\n');
        expect(wrapText(once, width, '  ').join('\n')).toBe(once);
      }),
    );
  });
});
