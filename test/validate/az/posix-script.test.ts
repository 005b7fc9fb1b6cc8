// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shell variables, not JavaScript's
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWord } from '../../../src/errors/shell-word.ts';
import { ScriptError } from '../../../src/validate/az/az-script.ts';
import { readPosixScript } from '../../../src/validate/az/posix-script.ts';

const wordsOf = (line: string) => readPosixScript(`az ${line}`).commands[0]?.words ?? [];
const textsOf = (line: string) => wordsOf(line).map(({ text }) => text);

describe('the words of an az command', () => {
  it.each([
    ['a  b\tc', ['a', 'b', 'c']],
    ['a \\\n  b\\\nc\n', ['a', 'bc']],
    [`'a b'"c d"e\\ f`, ['a bc de f']],
    ['"a\\"b\\$c\\d"', ['a"b$c\\d']],
    ['$A "${B:-x y}" $(c "d)" e) `f g`', ['$A', '${B:-x y}', '$(c "d)" e)', '`f g`']],
    ["''", ['']],
    ['-g <my group> -n <name>', ['-g', '_my_group_', '-n', '_name_']],
    ['', []],
  ])('of %j are %j', (line, words) => {
    expect(textsOf(line)).toEqual(words);
  });

  it('come back as they were quoted', () => {
    // What looks like a placeholder is none to a shell, and its text is not the word's.
    const word = fc
      .string({ unit: 'binary' })
      .filter((text) => !/[\p{C}\p{Zl}\p{Zp}\p{DI}]|<.*>/u.test(text));
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const quoted = words.map((each) => shellWord(each));
        expect(textsOf(quoted.join(' '))).toEqual(words);
        expect(wordsOf(quoted.join(' ')).map(({ raw }) => raw)).toEqual(quoted);
      }),
    );
  });

  it('are those that a real shell sees', () => {
    const piece = fc.constantFrom(
      ...['a', ' ', '  ', "'x y'", '"p q"', '\\ ', '\\\n', '"\\""', '"\\a"', 'é', '='],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const line = pieces.join('');
        const script = `for each in "$@"; do :; done; set -- ${line}\nprintf '%s\\0' "$#" "$@"`;
        const [count, ...words] = execFileSync('sh', ['-c', script]).toString().split('\0').slice(0, -1);
        expect(textsOf(line)).toEqual(words.slice(0, Number(count)));
      }),
      { numRuns: 60 },
    );
  });
});

describe('the commands of az in a script', () => {
  it.each([
    ['az a', { consumed: false, operand: false, alone: true }],
    ['  az a  # why', { consumed: false, operand: false, alone: true }],
    ['az a &', { consumed: false, operand: false, alone: false }],
    ['az a | cat', { consumed: true, operand: true, alone: false }],
    ['cat | az a', { consumed: false, operand: true, alone: false }],
    ['! az a', { consumed: false, operand: true, alone: false }],
    ['x || az a', { consumed: false, operand: true, alone: false }],
    ['az a || x', { consumed: false, operand: false, alone: false }],
    ['x && az a', { consumed: false, operand: false, alone: false }],
    ['X=$(az a)', { consumed: true, operand: false, alone: false }],
    ['echo "$(az a)"', { consumed: true, operand: false, alone: false }],
    ['cat <(az a)', { consumed: true, operand: false, alone: false }],
    ['az a > f', { consumed: true, operand: false, alone: true }],
    ['az a > /dev/null 2>&1', { consumed: false, operand: false, alone: true }],
    ['az a 2> f', { consumed: false, operand: false, alone: true }],
    ['if az a; then x; fi', { consumed: false, operand: false, alone: false }],
    ['f() { az a; }', { consumed: false, operand: false, alone: false }],
    ['case $x in y) az a;; esac', { consumed: false, operand: false, alone: false }],
    ['(cd x && az a)', { consumed: false, operand: false, alone: false }],
    ['sudo -u me az a', { consumed: false, operand: false, alone: false, before: 'sudo -u me ' }],
    ['A=b az a', { consumed: false, operand: false, alone: false, before: 'A=b ' }],
  ])('know how they stand in %j', (script, facts) => {
    expect(readPosixScript(script).commands).toEqual([expect.objectContaining(facts)]);
  });

  it.each(['# az a', 'echo az a', "echo 'az a'", 'cat <<E\naz a\nE', 'my-az a', 'azure a'])(
    'are not those in %j',
    (script) => {
      expect(readPosixScript(script).commands).toEqual([]);
    },
  );

  it.each(['az "a', "az 'a", 'az $(a', 'az `a', 'az (a)', 'if az a', 'az a |'])(
    'are not read from %j',
    (script) => {
      expect(() => readPosixScript(script)).toThrow(ScriptError);
    },
  );

  it('get their comment before the statement they are in, never into a text', () => {
    const script = 'echo "one\ntwo"; az a\nif x; then\n  az b\nfi\n';
    const [first, second] = readPosixScript(script).commands;
    expect([first?.commentAt, second?.commentAt]).toEqual([0, script.indexOf('  az b')]);
  });

  it.each([
    ['for x in 1 2; do\n  az a\ndone', '  az a'],
    ['f() {\n  for x in 1; do\n\taz a\n  done\n}', '\taz a'],
    ['case $x in\n  a)\n    az a\n    ;;\nesac', '    az a'],
    ['while read -r x; do\n  az a | tee "$x"\ndone < names', '  az a'],
    ['for x in 1 2; do az a; done', 'for'],
    ['for x in 1 2; do \\\n  az a\ndone', 'for'],
    ['for x in 1; do\n  y=$(\n    az a\n  )\ndone', '  y='],
    ['for x in 1; do\n  true &&\n    az a\ndone', '  true'],
  ])('get it within a loop, above their own line: %j', (script, line) => {
    expect(readPosixScript(script).commands[0]?.commentAt).toBe(script.indexOf(line));
  });
});
