import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advice,
  Command,
  command,
  hintText,
  joinHints,
  othersText,
  perShell,
} from '../../src/errors/hint.ts';
import { shellOf, shellWord } from '../../src/errors/shell-word.ts';
import { hostileWords } from '../hostile-words.ts';

/** The words as the shell hands them to a program. */
function wordsIn(shell: string, line: string): string[] {
  const script = `printf '%s\\0' ${line}`;
  return execFileSync(shell, ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
}

describe('a word of a command', () => {
  it.each(hostileWords)('is that word and nothing else to sh, bash and zsh: %j', (hostile) => {
    for (const shell of ['sh', 'bash']) {
      expect(wordsIn(shell, `a ${shellWord(hostile)} z`)).toEqual(['a', hostile, 'z']);
      expect(wordsIn(shell, shellWord(`--flag=${hostile}`))).toEqual([`--flag=${hostile}`]);
    }
  });

  it('is any text to sh, and steers no terminal', () => {
    const text = fc.string({ unit: 'binary' }).filter((word) => !/[\0\p{Cs}]/u.test(word));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), (words) => {
        const line = words.map((word) => shellWord(word)).join(' ');
        expect(wordsIn('sh', line)).toEqual(words);
        expect(line).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
      { numRuns: 50 },
    );
  });

  it('begins no line of its own, whatever breaks lines in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('\n', 'hint: x', "'", '$(') }), (word) => {
        expect(shellWord(word).split('\n').slice(1)).toSatisfy((lines: string[]) =>
          lines.every((line) => line === '' || line === "'"),
        );
      }),
    );
  });

  it.each([
    ['web', 'web'],
    ['--name', '--name'],
    ['-n', '-n'],
    ['it’s', "'it’’s'"],
    ["it's", "'it''s'"],
    ['a b', "'a b'"],
    ['a,b', "'a,b'"],
    ['@x', "'@x'"],
    ['--from=a.b', "'--from=a.b'"],
    ['$(x)|`y`;"z"', `'$(x)|\`y\`;"z"'`],
    ['', "''"],
    ['a\n$x"“`', '"a$([char]::ConvertFromUtf32(10))`$x`"`“``"'],
    ['\u{e0001}', '"$([char]::ConvertFromUtf32(917505))"'],
  ])('is quoted for PowerShell: %j as %s', (word, quoted) => {
    expect(shellWord(word, 'powershell')).toBe(quoted);
  });

  it.each([
    ['web', 'web'],
    ['--pod-labels', '--pod-labels'],
    ['app=web', 'app=web'],
    ['C:\\demo\\azure.json', 'C:\\demo\\azure.json'],
    ['C:\\Program Files\\', '"C:\\Program Files\\\\"'],
    ['a b', '"a b"'],
    ['', '""'],
    ['x&calc|y>z<(a)^;!', '"x&calc|y>z<(a)^;!"'],
    ['%PATH%', '^%"PATH"^%'],
    ['$(calc)', '$"(calc)"'],
    ['a"&calc"\n', '"a\ufffd&calc\ufffd\ufffd"'],
  ])('is quoted for cmd: %j as %s', (word, quoted) => {
    expect(shellWord(word, 'cmd')).toBe(quoted);
  });

  it('is one word in a POSIX shell even as PowerShell has it', () => {
    for (const word of ["x'; touch y; '", "'$(x)'", "''"]) {
      expect(wordsIn('sh', shellWord(word, 'powershell'))).toHaveLength(1);
    }
  });
});

describe('the shell that a hint is for', () => {
  const documents = 'C:\\Users\\me\\OneDrive\\Documents';
  const ofWindows =
    'C:\\Program Files\\WindowsPowerShell\\Modules;C:\\WINDOWS\\system32\\WindowsPowerShell\\v1.0\\Modules';
  it.each([
    ['linux', {}, 'posix'],
    ['linux', { SHELL: '/bin/bash', PSModulePath: '/opt/pwsh' }, 'powershell'],
    ['win32', { PSModulePath: `${documents}\\WindowsPowerShell\\Modules;${ofWindows}` }, 'powershell'],
    ['win32', { PSModulePath: `C:\\Program Files\\PowerShell\\Modules;${ofWindows}` }, 'powershell'],
    ['win32', { PSModulePath: ofWindows }, 'cmd'],
    ['win32', { PSModulePath: ofWindows.replaceAll('C:', 'D:'), ProgramFiles: 'D:\\Program Files' }, 'cmd'],
    ['win32', {}, 'cmd'],
    ['win32', { PSModulePath: ofWindows, MSYSTEM: 'MINGW64' }, 'posix'],
    ['darwin', { SHELL: '/bin/zsh' }, 'posix'],
  ] as const)('on %s with %j is %s', (platform, environment, shell) => {
    expect(shellOf(environment, platform)).toBe(shell);
  });
});

describe('a hint', () => {
  const named = command('kubectl get pods -n', 'a b');

  it('is sentences, with commands quoted for the shell that is asked for', () => {
    const hint = advice`Look: ${command('kubectl get pod', "it's")}; of ${2}.`;
    expect(hintText(hint, 'posix')).toBe(`Look: kubectl get pod 'it'\\''s'; of 2.`);
    expect(hintText(hint, 'powershell')).toBe(`Look: kubectl get pod 'it''s'; of 2.`);
    expect(JSON.stringify({ hint })).toBe(JSON.stringify({ hint: String(hint) }));
  });

  it('sets variables, and says what a command is for, as the shell does', () => {
    const hint = advice`${command('export', 'A=b', "C=it's %x%")}  # says why`;
    expect(hintText(hint, 'posix')).toBe(`export A=b 'C=it'\\''s %x%'  # says why`);
    expect(hintText(hint, 'powershell')).toBe(`$env:A = 'b'; $env:C = 'it''s %x%'  # says why`);
    expect(hintText(hint, 'cmd')).toBe(`set "A=b" & set "C=it's \ufffdx\ufffd" & rem says why`);
  });

  it('may be another line in each shell', () => {
    const hint = advice`Here: ${perShell({ posix: '. ./a', powershell: '. ./a.ps1', cmd: 'call a' })}`;
    expect((['posix', 'powershell', 'cmd'] as const).map((shell) => hintText(hint, shell))).toEqual([
      'Here: . ./a',
      'Here: . ./a.ps1',
      'Here: call a',
    ]);
  });

  it('sets off what others wrote', () => {
    expect(String(advice`${othersText('web')} and ${othersText('x\nhint: y')}`)).toBe(
      'web and "x\\nhint: y"',
    );
  });

  it('takes in other hints whole', () => {
    expect(String(advice`${named}. Or: ${joinHints([named, command('az login')], ' && ')}`)).toBe(
      "kubectl get pods -n 'a b'. Or: kubectl get pods -n 'a b' && az login",
    );
    expect(named).toBeInstanceOf(Command);
    expect(named.with('-o', 'yaml').words).toEqual(['kubectl', 'get', 'pods', '-n', 'a b', '-o', 'yaml']);
  });

  it('does not compile from a text that holds a value', () => {
    const value: string = 'x';
    // @ts-expect-error a template string with a value is no fixed text
    expect(String(command(`kubectl get ${value}`))).toBe('kubectl get x');
    // @ts-expect-error a value is no fixed text
    expect(String(command(value))).toBe('x');
    // @ts-expect-error a bare value is neither a command nor set off
    expect(String(advice`kubectl get ${`${value};`}`)).toBe('kubectl get "x;"');
    // @ts-expect-error nor may it stand between two hints
    expect(String(joinHints([named, named], `${value};`))).toContain('x;');
  });
});
