import { isObeyed } from './plain-text.ts';

/** The shells for which podid prints commands. */
export type Shell = 'posix' | 'powershell' | 'cmd';

/**
 * A word as the shell takes it for exactly this one word: plain where nothing in it means anything to the
 * shell, else quoted. What a terminal would obey is written as an escape. NUL and half a surrogate pair, which no
 * word of a command can hold, become U+FFFD.
 */
export function shellWord(word: string, shell: Shell = 'posix'): string {
  const possible = word.replace(/[\0\p{Cs}]/gu, '\ufffd');
  return writers[shell](possible);
}

const writers: Readonly<Record<Shell, (word: string) => string>> = {
  posix: posixWord,
  powershell: powershellWord,
  cmd: cmdWord,
};

/** `=` at the beginning is a command's path to zsh. */
function posixWord(word: string): string {
  if (/^[\w@%+:,./-][\w@%+=:,./-]*$/.test(word)) {
    return word;
  }
  if (!isObeyed(word)) {
    return `'${word.replaceAll("'", `'\\''`)}'`;
  }
  // A substitution takes line breaks at its end away, so these alone stand there as they are.
  const end = /\n*$/.exec(word)?.[0] ?? '';
  const begin = word.slice(0, word.length - end.length);
  const printed = begin === '' ? '' : `"$(printf '${printfFormat(begin)}')"`;
  return printed + (end === '' ? '' : `'${end}'`);
}

/**
 * For every `printf`: octal escapes of the bytes. A dash at the beginning would be an option, and bash looks
 * for `!` here although it is quoted.
 */
function printfFormat(text: string): string {
  return [...text]
    .map((letter, at) => {
      if (letter === '%' || letter === '\\') {
        return letter + letter;
      }
      const isEscaped = isObeyed(letter) || "'!".includes(letter) || (letter === '-' && at === 0);
      return isEscaped ? octal(letter) : letter;
    })
    .join('');
}

function octal(letter: string): string {
  return [...new TextEncoder().encode(letter)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
}

/**
 * PowerShell reads more than a POSIX shell: `,` makes lists, `@` and `%` begin something of their own, a dash
 * with `.` or `:` splits the word, and typographic quotes are quotes.
 */
function powershellWord(word: string): string {
  if (/^(?:[A-Za-z0-9_/.]|-(?!.*[.:]))[\w./:=+-]*$/.test(word)) {
    return word;
  }
  if (!isObeyed(word)) {
    return `'${word.replaceAll(/['\u2018-\u201b]/g, '$&$&')}'`;
  }
  const letters = [...word].map((letter) => {
    if (isObeyed(letter)) {
      return `$([char]::ConvertFromUtf32(${letter.codePointAt(0)}))`;
    }
    return /["`$\u201c-\u201e]/.test(letter) ? `\`${letter}` : letter;
  });
  return `"${letters.join('')}"`;
}

/**
 * cmd has no escape within quotes, and the program takes its line apart itself, by quotes and the backslashes before
 * them. `%` would name a variable, which a caret outside of the quotes prevents; `$` is left outside for PowerShell. What
 * neither can hold, a quote and what a terminal obeys, becomes U+FFFD.
 */
function cmdWord(word: string): string {
  if (/^[\w.:/\\@+=,-]+$/.test(word)) {
    return word;
  }
  const letters = [...word].map((letter) => (isObeyed(letter) || letter === '"' ? '\ufffd' : letter));
  const parts = letters.join('').split(/([%$])/);
  return parts
    .map((part, at) => {
      if (at % 2 === 1) {
        return part === '%' ? '^%' : part;
      }
      return part === '' && parts.length > 1 ? '' : `"${part.replace(/\\+$/, '$&$&')}"`;
    })
    .join('');
}

/**
 * The shell of whoever started podid, as far as its environment tells. PowerShell sets PSModulePath; Windows has it
 * everywhere, and there SHELL or MSYSTEM tell of a POSIX shell, and folders in PSModulePath of PowerShell. A POSIX
 * shell or cmd within PowerShell is taken for PowerShell.
 */
export function shellOf(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
): Shell {
  if (platform === 'win32') {
    return environment['SHELL'] || environment['MSYSTEM'] ? 'posix' : windowsShell(environment);
  }
  return environment['PSModulePath'] ? 'powershell' : 'posix';
}

/**
 * Windows' own value has the folders of Windows PowerShell below Program Files and below system32. Windows PowerShell
 * puts the user's `…\\WindowsPowerShell\\Modules` before them, PowerShell 7 folders `…\\PowerShell\\Modules`.
 */
function windowsShell(environment: Readonly<Record<string, string | undefined>>): Shell {
  const ofMachine =
    `${environment['ProgramFiles'] ?? 'C:\\Program Files'}\\WindowsPowerShell\\`.toLowerCase();
  const folders = (environment['PSModulePath'] ?? '').toLowerCase().split(';');
  const byPowerShell = folders.some(
    (folder) => /\\(?:windows)?powershell\\modules\\?$/.test(folder) && !folder.startsWith(ofMachine),
  );
  return byPowerShell ? 'powershell' : 'cmd';
}
