import { type Command, forEachChild, parse, type Statement, type SyntaxNode } from 'unbash';
import { type AzScript, type FoundCommand, isAnswer, isAz, lineStart, ScriptError } from './az-script.ts';
import { withoutFences, withoutPlaceholders } from './transcript.ts';

/** What is known on the way down to a command. */
interface Place {
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

/**
 * The commands of az in a script for a POSIX shell or bash.
 *
 * @throws ScriptError for what is not one
 */
export function readPosixScript(text: string): AzScript {
  const script = parse(withoutPlaceholders(withoutFences(text)));
  const [error] = script.errors ?? [];
  if (error !== undefined) {
    throw new ScriptError(error.message, error.pos);
  }
  const commands: FoundCommand[] = [];
  const statements = script.commands;
  const visit = (node: SyntaxNode, place: Place): void => {
    if (node.type === 'Script' && node.source !== undefined) {
      return;
    }
    if (node.type === 'Command') {
      const found = azCommand(text, node, place, statements);
      if (found !== undefined) {
        commands.push(found);
      }
      const body = scriptWithin(text, node);
      const within = body === undefined ? [] : readWithin(body.text);
      const consumed =
        place.consumed || node.redirects.some((each) => isFileForOutput(text.slice(each.pos, each.end)));
      commands.push(...within.map((each) => movedBy(each, body?.at ?? 0, consumed)));
    }
    const within = { ...place, consumed: place.consumed || goesToFile(text, node) };
    forEachChild(node, (child) => visit(child, placeOf(node, child, within)));
  };
  visit(script, {
    consumed: false,
    operand: false,
    statement: undefined,
    inner: undefined,
    inExpansion: false,
    nested: false,
  });
  return { shell: 'posix', commands };
}

/**
 * The text in `trap '…' EXIT`, `sh -c '…'` and `eval '…'` that is a script, with its place; undefined where the shell
 * would change it on the way.
 */
function scriptWithin(text: string, { name, args }: Command): { text: string; at: number } | undefined {
  const program = name === undefined ? '' : textOf(name).replace(/^.*\//, '');
  const after = /^(?:ba|da|z|k)?sh$/.test(program)
    ? args.findIndex((each) => /^-[a-z]*c$/.test(textOf(each))) + 1 || undefined
    : (program === 'eval' && args.length === 1) || (program === 'trap' && args.length > 1)
      ? 0
      : undefined;
  const word = after === undefined ? undefined : args[after];
  const raw = word === undefined ? '' : text.slice(word.pos, word.end);
  const [, single, double] = /^(?:'([^']*)'|"([^"\\`]*)")$/.exec(raw) ?? [];
  const body = single ?? double;
  return word === undefined || body === undefined ? undefined : { text: body, at: word.pos + 1 };
}

/** What is not a script is text. */
function readWithin(text: string): readonly FoundCommand[] {
  try {
    return readPosixScript(text).commands;
  } catch (error) {
    if (error instanceof ScriptError) {
      return [];
    }
    throw error;
  }
}

function movedBy({ commentAt: _, ...found }: FoundCommand, by: number, consumed: boolean): FoundCommand {
  const { answer } = found;
  return {
    ...found,
    start: found.start + by,
    end: found.end + by,
    consumed: found.consumed || consumed,
    alone: false,
    ...(answer === undefined ? {} : { answer: { start: answer.start + by, end: answer.end + by } }),
  };
}

function placeOf(node: SyntaxNode, child: SyntaxNode, place: Place): Place {
  switch (node.type) {
    case 'Script':
    case 'CompoundList': {
      const own = child.type === 'Statement' ? child : undefined;
      const statement = place.statement ?? own;
      const inner = place.inExpansion ? place.inner : own;
      return { ...place, operand: false, statement, inner, nested: place.statement !== undefined };
    }
    case 'Pipeline': {
      const [first, second, ...others] = node.commands;
      const isAnswered = first?.type === 'Command' && child === second && answers(first);
      const isLast = node.commands.at(-1) === child;
      return {
        ...place,
        operand: place.operand || !isAnswered || others.length > 0,
        consumed: place.consumed || !isLast,
        nested: true,
        ...(isAnswered ? { answerAt: first.pos } : {}),
      };
    }
    case 'AndOr': {
      const at = node.commands.indexOf(child as (typeof node.commands)[number]);
      return { ...place, operand: at > 0 && node.operators[at - 1] === '||', nested: true };
    }
    case 'CommandExpansion':
    case 'ProcessSubstitution':
      return { ...place, consumed: true, nested: true, inExpansion: true };
    case 'Statement':
      return place;
    default:
      return { ...place, nested: true };
  }
}

/** `<<< y`, in quotes too. */
function isAnswerString(redirection: string): boolean {
  const [, quoted, bare] = /^0?<<<\s*(?:(['"]\w+['"])|(\w+))$/.exec(redirection) ?? [];
  const word = quoted?.slice(1, -1) ?? bare;
  return word !== undefined && isAnswer(['echo', word]);
}

function answers({ name, args, redirects, prefix }: Command): boolean {
  const words = [...(name === undefined ? [] : [name]), ...args];
  return redirects.length === 0 && prefix.length === 0 && isAnswer(words.map(textOf));
}

function azCommand(
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
function textOf(word: { readonly text: string; readonly value?: unknown }): string {
  return typeof word.value === 'string' ? word.value : word.text;
}

/** `{ …; } > out.json`, `done > out.json`: what stands in it prints into the file. */
function goesToFile(text: string, node: SyntaxNode): boolean {
  return (
    node.type !== 'Command' &&
    'redirects' in node &&
    node.redirects.some((each) => isFileForOutput(text.slice(each.pos, each.end)))
  );
}

/** Other than to nowhere, and other than what is printed for people. */
function isFileForOutput(redirection: string): boolean {
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
