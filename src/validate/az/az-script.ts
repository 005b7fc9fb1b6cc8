import type { ScriptShell } from '../../domain/az/az-command.ts';

/** A word of a command line. */
export interface ScriptWord {
  /** As typed, with its quotes. */
  readonly raw: string;
  /** Without quotes; variables and substitutions stand as they are. */
  readonly text: string;
}

/** One command of az in a script, wherever it stands. */
export interface FoundCommand {
  /** From the word `az` to the last of its words and redirections. */
  readonly start: number;
  readonly end: number;
  /** After `az`. */
  readonly words: readonly ScriptWord[];
  /** As typed. */
  readonly redirections: readonly string[];
  /** What stands before `az` in the same command, `sudo `, as typed. */
  readonly before: string;
  /** Of a pipe that answers its question, `echo y |`: from the first word to what runs az. */
  readonly answer?: { readonly start: number; readonly end: number };
  /** The same by a string of its own, `<<< y`, which is not among the redirections. */
  readonly answered?: true;
  /** Its output goes to a program, a variable or a file. */
  readonly consumed: boolean;
  /** It is a part of something: several commands in its place need brackets. */
  readonly operand: boolean;
  /** It is a statement of its own that no other construct needs. */
  readonly alone: boolean;
  /** Where a line of comment can be put in for it; undefined: nowhere. */
  readonly commentAt?: number;
}

export interface AzScript {
  readonly shell: ScriptShell;
  readonly commands: readonly FoundCommand[];
}

/** Why a script cannot be read. */
export class ScriptError extends SyntaxError {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** `az`, as scripts of the three shells call it. */
export function isAz(word: string): boolean {
  return /^(?:.*[\\/])?az(?:\.cmd|\.exe|\.bat|\.ps1)?$/i.test(word);
}

/** `echo y`, `yes`, `printf 'y\\n'` and, in PowerShell, `'y'`: what only answers the question of the program behind it. */
export function isAnswer(words: readonly string[]): boolean {
  const [program = '', ...said] = words;
  const answer = /^(?:y|yes)(?:\\n)?$/i;
  return /^(?:echo|printf|write-output)$/i.test(program)
    ? answer.test(said.filter((each) => !/^-[ne]+$/.test(each)).join(' '))
    : program === 'yes'
      ? said.length === 0 || answer.test(said.join(' '))
      : said.length === 0 && answer.test(program);
}

/** The beginning of the line in which a place is. */
export function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/**
 * By what only one of them has: PowerShell's variables, commands and continuation; cmd's variables, words and
 * continuation. All else is a POSIX shell.
 */
export function shellOfScript(text: string): ScriptShell {
  if (
    /^\s*(?:\[[\w.[\]]+\])?\$(?:\w+:)?\w+\s*\+?=\s*\S/m.test(text) ||
    /^\s*(?:foreach|if|elseif|while|switch)\s*\(\s*[$-]|^\s*&\s+\S|^[^`\n]*[ \t]`[ \t]*\r?$/im.test(text) ||
    /\$(?:null|true|false|env:\w+|LASTEXITCODE)\b|\b(?:Write-(?:Host|Output)|Convert(?:To|From)-Json|Out-Null|Select-Object|ForEach-Object)\b|^\s*param\s*\(/im.test(
      text,
    )
  ) {
    return 'powershell';
  }
  return /[^^\s][ \t]*\^[ \t]*\r?$/m.test(text) ||
    /^\s*(?:@?echo\s+off|@?rem\s|::|@?set\s+"?\w+=|@?setlocal\b|@?call\s+az|@?for\s+\/f\s)/im.test(text) ||
    /\baz(?:\.cmd)?[ \t][^\n]*%\w+%/i.test(text)
    ? 'cmd'
    : 'posix';
}
