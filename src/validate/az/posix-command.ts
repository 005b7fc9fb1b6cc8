import type { Command, Statement } from 'unbash';
import { type FoundCommand, isAnswer, isAz, lineStart } from './az-script.ts';

/** What is known on the way down to a command. */
export interface Place {
  readonly consumed: boolean;
  readonly operand: boolean;
  /** Of the script's own statements, the one in which this is. */
  readonly statement: Statement | undefined;
  /** The innermost one, of a loop's body or a function's; not of `$(…)`. */
  readonly inner: Statement | undefined;
  readonly inExpansion: boolean;
  readonly nested: boolean;
  /** Of the pipe, where all that it gives is an answer. */
  readonly answerAt?: number;
}

/** Programs that run the command that follows them. */
const wrappers = [
  ...[
    'sudo',
    'doas',
    'command',
    'exec',
    'nohup',
    'env',
    'nice',
    'winpty',
    'timeout',
    'time',
    'watch',
    'retry',
  ],
  'xargs',
];

/** `<<< y`, in quotes too. */
function isAnswerString(redirection: string): boolean {
  const [, quoted, bare] = /^0?<<<\s*(?:(['"]\w+['"])|(\w+))$/.exec(redirection) ?? [];
  const word = quoted?.slice(1, -1) ?? bare;
  return word !== undefined && isAnswer(['echo', word]);
}

export function answers({ name, args, redirects, prefix }: Command): boolean {
  const words = [...(name === undefined ? [] : [name]), ...args];
  return redirects.length === 0 && prefix.length === 0 && isAnswer(words.map(textOf));
}

export function azCommand(
  text: string,
  node: Command,
  place: Place,
  statements: readonly Statement[],
): FoundCommand | undefined {
  const { name } = node;
  const { args } = node;
  const all = name === undefined ? [] : [name, ...args];
  const own = all.slice(lengthOfKey(all));
  const found = own[runsWhatFollows(own) ? own.findIndex((each) => isAz(textOf(each))) : 0];
  const at = found === undefined ? -1 : all.indexOf(found);
  // What make puts before a command is none of its name.
  const silent = found === undefined ? 0 : (/^[@+-]*(?=az$)/.exec(found.text)?.[0].length ?? 0);
  const az = found === undefined ? undefined : { pos: found.pos + silent, text: textOf(found).slice(silent) };
  if (az === undefined || !isAz(az.text)) {
    return undefined;
  }
  const words = all.slice(at + 1).map((each) => {
    const raw = text.slice(each.pos, each.end);
    return { raw: raw.includes("'") ? raw : raw.replace(/\\\r?\n/g, ''), text: textOf(each) };
  });
  const redirected = node.redirects.map((each) => text.slice(each.pos, each.end));
  const redirections = redirected.filter((each) => !isAnswerString(each));
  const isFile = node.redirects.some((each) => isFileForOutput(text.slice(each.pos, each.end)));
  const begin = silent > 0 ? az.pos : (node.prefix[0]?.pos ?? own[0]?.pos ?? az.pos);
  const { statement, inner } = place;
  const commentAt =
    inner !== undefined && beginsItsLine(text, inner)
      ? lineStart(text, inner.pos)
      : statement === undefined
        ? undefined
        : commentPlace(text, statement, statements);
  return {
    start: az.pos,
    end: node.end,
    words,
    redirections,
    ...(redirections.length < redirected.length ? { answered: true } : {}),
    before: text.slice(begin, az.pos),
    ...(place.answerAt === undefined ? {} : { answer: { start: place.answerAt, end: begin } }),
    consumed: place.consumed || isFile,
    operand: place.operand,
    alone:
      !place.nested &&
      begin === az.pos &&
      at === 0 &&
      silent === 0 &&
      statement !== undefined &&
      !statement.background &&
      isWholeLines(text, node.pos, statement.end),
    ...(commentAt === undefined ? {} : { commentAt }),
  };
}

/** `- run:` of a pipeline, `RUN` of a Dockerfile: what begins the line and is no command. */
function lengthOfKey(words: readonly { readonly text: string }[]): number {
  const [first, second] = words.map(({ text }) => text);
  if (first === 'RUN') {
    return 1;
  }
  const key = first === '-' ? second : first;
  return key !== undefined && /^[A-Za-z][\w-]*:$/.test(key) ? (first === '-' ? 2 : 1) : 0;
}

/** Of xargs only where it says by a mark what it puts where: else its words go behind the last flag. */
function runsWhatFollows(words: readonly { readonly text: string }[]): boolean {
  const [first, ...others] = words.map(({ text }) => text);
  if (first === undefined || !wrappers.includes(first)) {
    return false;
  }
  return first !== 'xargs' || others.some((each) => /^(?:-I|-i|--replace)/.test(each));
}

/** Without quotes; an assignment among the words is one of them to the program. */
export function textOf(word: { readonly text: string; readonly value?: unknown }): string {
  return typeof word.value === 'string' ? word.value : word.text;
}

/** Other than to nowhere, and other than what is printed for people. */
export function isFileForOutput(redirection: string): boolean {
  return /^(?:1|&)?>/.test(redirection) && !/^(?:1|&)?>>?\s*(?:\/dev\/null|&2)$/.test(redirection);
}

function isWholeLines(text: string, start: number, end: number): boolean {
  const lineEnd = text.indexOf('\n', end);
  const behind = text.slice(end, lineEnd < 0 ? text.length : lineEnd);
  return text.slice(lineStart(text, start), start).trim() === '' && /^\s*;?\s*(?:#.*)?$/.test(behind);
}

/** Then a comment may stand above it, within a loop too; not behind a line that goes on. */
function beginsItsLine(text: string, { pos }: Statement): boolean {
  const at = lineStart(text, pos);
  return text.slice(at, pos).trim() === '' && !/\\\r?\n$/.test(text.slice(0, at));
}

/** Where the line of the statement begins, unless a statement before it ends on that line. */
function commentPlace(text: string, statement: Statement, statements: readonly Statement[]): number {
  let at = lineStart(text, statement.pos);
  for (const each of statements.toReversed()) {
    if (each.pos < at && each.end > at) {
      at = lineStart(text, each.pos);
    }
  }
  return at;
}
