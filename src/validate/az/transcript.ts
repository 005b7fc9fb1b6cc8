import type { ScriptShell } from '../../domain/az/az-command.ts';
import { shellOfScript } from './az-script.ts';

const prompts: Readonly<Record<ScriptShell, RegExp>> = {
  powershell: /^[ \t]*PS(?:[ \t][^>\n]*)?>[ \t]*(?=\S)/,
  cmd: /^[ \t]*[A-Za-z]:\\[^>\n]*>[ \t]*(?=\S)/,
  posix:
    /^[ \t]*(?:(?:\([\w.-]+\)[ \t]*)?[\w.-]+@[\w.-]+(?::|[ \t])[^$#\n]*[$#]|\$|❯|➜|%(?=[ \t]+(?:sudo[ \t]+)?az\b))[ \t]+(?=\S)/,
};
const continuation: Readonly<Record<ScriptShell, RegExp>> = {
  powershell: /`[ \t]*\r?$/,
  cmd: /\^[ \t]*\r?$/,
  posix: /\\\r?$/,
};

/** A script, without what a terminal put before its lines. */
export interface Untyped {
  readonly shell: ScriptShell;
  readonly text: string;
}

/**
 * Takes the prompts out of what was copied from a terminal. What the commands printed there becomes comments; a text
 * without prompts stays as it is.
 */
export function withoutPrompts(text: string): Untyped {
  const lines = text.split('\n');
  const shell = (Object.keys(prompts) as ScriptShell[]).find((each) =>
    lines.some((line) => prompts[each].test(line)),
  );
  if (shell === undefined) {
    return { shell: shellOfScript(text), text };
  }
  let goesOn = false;
  const bare = lines.map((line) => {
    const isTyped = prompts[shell].test(line);
    const typed = isTyped ? line.replace(prompts[shell], '') : line.replace(/^[ \t]*>{1,2}[ \t]/, '');
    const isCommand = isTyped || goesOn;
    goesOn = isCommand && continuation[shell].test(line);
    return isCommand || /^\s*(?:#.*)?$/.test(line)
      ? isCommand
        ? typed
        : line
      : `${commentMark(shell)} ${line}`;
  });
  return { shell, text: bare.join('\n') };
}

/** What begins a line of comment. */
export function commentMark(shell: ScriptShell): string {
  return shell === 'cmd' ? 'rem' : '#';
}

/**
 * With every `<placeholder>` of documentation as letters, of the same length: to a shell it would be a redirection.
 */
export function withoutPlaceholders(text: string): string {
  return text.replace(/(?<![<\d&])<[A-Za-z][\w.-]*(?:[ -][\w.-]+)*>(?![>&])/g, (found) =>
    found.replace(/[^A-Za-z0-9]/g, '_'),
  );
}

/** With the fences of Markdown around a command as comments of the same length: their quotes are no shell's. */
export function withoutFences(text: string): string {
  return text.replace(/^([ \t]*)(?:```|~~~)[\w. -]*$/gm, (line, indent: string) =>
    `${indent}#`.padEnd(line.length, '#'),
  );
}
