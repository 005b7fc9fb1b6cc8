import { type Command, forEachChild, parse, type SyntaxNode } from 'unbash';
import { type AzScript, type FoundCommand, ScriptError } from './az-script.ts';
import { answers, azCommand, isFileForOutput, type Place, textOf } from './posix-command.ts';
import { withoutFences, withoutPlaceholders } from './transcript.ts';

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

/** `{ …; } > out.json`, `done > out.json`: what stands in it prints into the file. */
function goesToFile(text: string, node: SyntaxNode): boolean {
  return (
    node.type !== 'Command' &&
    'redirects' in node &&
    node.redirects.some((each) => isFileForOutput(text.slice(each.pos, each.end)))
  );
}
