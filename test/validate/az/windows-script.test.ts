import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellOfScript } from '../../../src/validate/az/az-script.ts';
import { readWindowsScript } from '../../../src/validate/az/windows-script.ts';
import { windowsTokens } from '../../../src/validate/az/windows-tokens.ts';

const powershell: readonly (readonly [string, readonly string[]])[] = [
  ['az a -n "b c" \'d e\'', ['a', '-n', 'b c', 'd e']],
  ['az a `\n  -n b', ['a', '-n', 'b']],
  ["az a -n \"x`\"y\" 'it''s'", ['a', '-n', 'x"y', "it's"]],
  ['az a --ids $(az b -o tsv) -n c', ['a', '--ids', '$(az b -o tsv)', '-n', 'c']],
  ['az a --ids (f x) -n c', ['a', '--ids', '(f x)', '-n', 'c']],
  ['az a -g <my group>', ['a', '-g', '<my group>']],
  ['az a # b', ['a']],
  ['az a; x', ['a']],
  ['az a 2>$null', ['a']],
];
const cmd: readonly (readonly [string, readonly string[]])[] = [
  ['az a -n "b c"', ['a', '-n', 'b c']],
  ['az a ^\n  -n b', ['a', '-n', 'b']],
  ['az a -n %NAME% -g x^&y', ['a', '-n', '%NAME%', '-g', 'x&y']],
  ['az a & x', ['a']],
  ['az a >nul 2>&1', ['a']],
];

describe('the words of an az command', () => {
  it.each(powershell)('in PowerShell, of %j, are %j', (script, words) => {
    const [first] = readWindowsScript(script, 'powershell').commands;
    expect(first?.words.map(({ text }) => text)).toEqual(words);
  });

  it.each(cmd)('in cmd, of %j, are %j', (script, words) => {
    const [first] = readWindowsScript(script, 'cmd').commands;
    expect(first?.words.map(({ text }) => text)).toEqual(words);
  });
});

describe('the commands of az in a script', () => {
  it.each([
    ['az a', { consumed: false, operand: false, alone: true }],
    ['$x = az a', { consumed: true, operand: true }],
    ['$x = (az a | ConvertFrom-Json).b', { consumed: true, operand: true }],
    ['az a | Out-Null', { consumed: true, operand: true }],
    ['& az a', { consumed: false, operand: false }],
    ['if ($x) { az a }', { consumed: false, operand: false }],
    ['foreach ($y in @(1, 2)) { az a }', { consumed: false, operand: false }],
    ['try { az a } catch { }', { consumed: false, operand: false }],
    ['x; az a', { consumed: false, operand: false, alone: false }],
  ])('know how they stand in PowerShell, in %j', (script, facts) => {
    expect(readWindowsScript(script, 'powershell').commands).toEqual([expect.objectContaining(facts)]);
  });

  it.each(['# az a', '<# az a #>', '"az a"', '@"\naz a\n"@', 'echo az a', "$x = 'az a'"])(
    'are not those in PowerShell, in %j',
    (script) => {
      expect(readWindowsScript(script, 'powershell').commands).toEqual([]);
    },
  );

  it.each([
    ['call az a', { consumed: false, before: 'call ' }],
    ['@az a', { consumed: false, before: '' }],
    ['if errorlevel 1 (az a)', { consumed: false, operand: false }],
    ['if x (b) else az a', { consumed: false, operand: false }],
    ["for /f %%i in ('az a') do b", { consumed: true }],
    ['az a || exit /b 1', { consumed: false, operand: true }],
    ['az a > out.txt', { consumed: true }],
  ])('know how they stand in cmd, in %j', (script, facts) => {
    expect(readWindowsScript(script, 'cmd').commands).toEqual([expect.objectContaining(facts)]);
  });

  it.each(['rem az a', ':: az a', 'echo az a', '@rem az a'])('are not those in cmd, in %j', (script) => {
    expect(readWindowsScript(script, 'cmd').commands).toEqual([]);
  });

  it('lie within the text and in its order, whatever that is', () => {
    const piece = fc.constantFrom(
      ...[
        'az',
        ' ',
        '\n',
        '"',
        "'",
        '`',
        '^',
        '$(',
        '(',
        ')',
        '{',
        '}',
        '|',
        '<#',
        '#>',
        '@"',
        '>',
        '&',
        'x',
      ],
    );
    const shells = fc.constantFrom('powershell' as const, 'cmd' as const);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), shells, (pieces, shell) => {
        const text = pieces.join('');
        let at = 0;
        for (const { start, end, raw } of windowsTokens(text, shell)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(text.slice(start, end)).toBe(raw);
          at = end;
        }
        expect(readWindowsScript(text, shell).commands.every(({ end }) => end <= text.length)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it.each(['"', '$(', '`"', '""', '"$(', "'", '<a ', '@"\n'])('are found before many %j', (piece) => {
    const text = `az a\n${piece.repeat(20_000)}`;
    expect(readWindowsScript(text, 'powershell').commands).toHaveLength(1);
    expect(readWindowsScript(text, 'cmd').commands).toHaveLength(1);
  });
});

describe('the shell of a script', () => {
  it.each([
    ['X=$(az a)\n', 'posix'],
    ['X=`az a`\n', 'posix'],
    ['az a \\\n  -n b\n', 'posix'],
    ['az a `\n  -n b\n', 'powershell'],
    ['$x = az a\n', 'powershell'],
    ['foreach ($x in $y) { az a }\n', 'powershell'],
    ['az a | Out-Null\n', 'powershell'],
    ['az a -n $env:NAME\n', 'powershell'],
    ['az a ^\n  -n b\n', 'cmd'],
    ['az a -n %NAME%\n', 'cmd'],
    ['@echo off\naz a\n', 'cmd'],
    ['call az a\n', 'cmd'],
    ['date +%F%T; az a\n', 'posix'],
  ])('of %j is %s', (script, shell) => {
    expect(shellOfScript(script)).toBe(shell);
  });
});
