import { describe, expect, it } from 'vitest';
import { asciiSigns, isUtf8Locale } from '../../src/terminal/signs.ts';
import { run } from '../cli/fake-context.ts';

describe("podid's own signs", () => {
  it.each([
    [{ LC_ALL: 'C' }, false],
    [{ LC_ALL: 'POSIX', LANG: 'en_US.UTF-8' }, false],
    [{ LANG: 'de_DE.ISO-8859-1' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'C.UTF-8', LANG: 'C' }, true],
    [{ LANG: 'tr_TR.utf8' }, true],
    [{}, true],
  ])('are ASCII where %o says so: %s', (env, isUtf8) => {
    expect(isUtf8Locale(env, 'linux')).toBe(isUtf8);
    expect(isUtf8Locale(env, 'win32')).toBe(true);
  });

  it('are as wide in ASCII', () => {
    const text = 'aks-nod…ss3  a → b · c — d ✓ ✗';
    expect(asciiSigns(text)).toMatch(/^[\x20-\x7e]*$/);
    expect(asciiSigns(text).length).toBe(text.length);
  });

  it('are ASCII in every help page then', async () => {
    const { stdout } = await run('init --help', { context: { isUtf8: false } });
    expect(stdout).toContain('--identity');
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
  });
});
