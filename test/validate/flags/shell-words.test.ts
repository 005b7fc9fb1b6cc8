// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables, not JavaScript's
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../src/errors/shell-word.ts';
import { parseShellWords } from '../../../src/validate/flags/shell-words.ts';

describe('the words of a shell command', () => {
  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    ['a \\\n  b\\\nc\n', ['a', 'bc']],
    [`'a b'"c d"e\\ f`, ['a bc de f']],
    ['"a\\"b\\$c\\d"', ['a"b$c\\d']],
    ['$A "${B:-x y}" $(c "d)" e) `f g`', ['$A', '${B:-x y}', '$(c "d)" e)', '`f g`']],
    ['"$(a "b c" \')\')"', [`$(a "b c" ')')`]],
    ["''", ['']],
    ['$', ['$']],
    ['', []],
  ])('of %j are %j', (line, words) => {
    expect(parseShellWords(line).map(({ text }) => text)).toEqual(words);
  });

  it.each(['a | b', 'a; b', 'a && b', 'a > b', '(a)', 'a #b', 'a "b', "a 'b", 'a $(b', 'a `b', 'a\nb'])(
    'refuse %j, which is more than one simple command',
    (line) => {
      expect(() => parseShellWords(line)).toThrow(SyntaxError);
    },
  );

  it('come back as they were quoted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary' }).filter((word) => !/[\p{C}\p{Zl}\p{Zp}]/u.test(word))),
        (words) => {
          const parsed = parseShellWords(words.map((word) => shellWord(word)).join(' '));
          expect(parsed.map(({ text }) => text)).toEqual(words);
          expect(parsed.map(({ raw }) => raw)).toEqual(words.map((word) => shellWord(word)));
        },
      ),
    );
  });

  it('are those that a real shell sees', () => {
    const piece = fc.constantFrom(
      'a',
      ' ',
      '  ',
      "'x y'",
      '"p q"',
      '\\ ',
      '\\\n',
      '"\\""',
      '"\\a"',
      'é',
      '=',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = pieces.join('');
        const seen = execFileSync('sh', [
          '-c',
          `for each in "$@"; do :; done; set -- ${line}\nprintf '%s\\0' "$#" "$@"`,
        ]);
        const [count, ...words] = seen.toString().split('\0').slice(0, -1);
        expect(parseShellWords(line).map(({ text }) => text)).toEqual(words.slice(0, Number(count)));
      }),
      { numRuns: 60 },
    );
  });
});
