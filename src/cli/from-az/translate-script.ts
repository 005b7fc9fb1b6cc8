import type { AzCommand, AzFlag, AzTranslation, ScriptShell } from '../../domain/az/az-command.ts';
import { translateAz } from '../../domain/az/translate-az.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { type AzScript, type FoundCommand, ScriptError } from '../../validate/az/az-script.ts';
import { parseAzCommand } from '../../validate/az/parse-az-command.ts';
import { readPosixScript } from '../../validate/az/posix-script.ts';
import { commentMark, withoutPrompts } from '../../validate/az/transcript.ts';
import { readWindowsScript } from '../../validate/az/windows-script.ts';
import { renderCommands } from './render-commands.ts';

export interface TranslatedScript {
  /** With all that is not az's as it was; empty where nothing has to be typed any more. */
  readonly text: string;
  /** For people, beside the text. */
  readonly notes: readonly string[];
  /** Why nothing can be translated; then there is no text. */
  readonly faults: readonly string[];
}

/** A command of the script, and what becomes of it. */
interface Part {
  readonly found: FoundCommand;
  readonly line: number;
  readonly typed: string;
  readonly becomes: AzTranslation | { readonly kind: 'refused'; readonly reason: string };
}

/** Translates the az commands of a script, or one command: all of those that are about pod identity, or none. */
export function translateScript(input: string): TranslatedScript {
  const { shell, text } = withoutPrompts(input.replaceAll('\r\n', '\n'));
  if (text.includes('\ufffd')) {
    return failed([
      `${placeText(text, text.indexOf('\ufffd'))}a letter in it is not UTF-8: save it as UTF-8.`,
    ]);
  }
  let script: AzScript;
  try {
    script = shell === 'posix' ? readPosixScript(text) : readWindowsScript(text, shell);
  } catch (error) {
    if (!(error instanceof ScriptError)) {
      throw error;
    }
    return failed([`${placeText(text, error.at)}it cannot be read as a shell takes it: ${error.message}.`]);
  }
  const parts = partsOf(text, script);
  const [only] = parts;
  const isAlone =
    only !== undefined &&
    text.replace(only.typed, '').trim() === '' &&
    parts.every((part) => part === only || part.becomes.kind !== 'typed');
  const faults = parts.length === 0 ? [nothingIn(text)] : faultsOf(parts, !text.trim().includes('\n'));
  if (faults.length > 0) {
    return failed(faults);
  }
  const made = isAlone ? oneCommand(only, shell) : wholeScript(text, parts, shell);
  return { ...made, text: input.includes('\r\n') ? made.text.replaceAll('\n', '\r\n') : made.text };
}

function failed(faults: readonly string[]): TranslatedScript {
  return { text: '', notes: [], faults };
}

function partsOf(text: string, { commands, shell }: AzScript): Part[] {
  const parsed = commands.map((found) => ({ found, command: parseAzCommand(found, shell) }));
  const cluster = clusterOf(parsed.map(({ command }) => command));
  return parsed.map(({ found, command }) => ({
    found,
    line: lineOf(text, found.start),
    typed: text.slice(found.start, found.end),
    becomes: becomes(cluster === undefined ? command : { ...command, cluster }, found, shell),
  }));
}

function becomes(command: AzCommand, found: FoundCommand, shell: ScriptShell): Part['becomes'] {
  try {
    const translation = translateAz(command);
    const isOne = translation.kind !== 'typed' || translation.commands.length < 2;
    return isOne || renderCommands(translation.commands, found, '', shell) !== undefined
      ? translation
      : {
          kind: 'refused',
          reason: 'It becomes several commands, which cannot stand here: write it in a line of its own.',
        };
  } catch (error) {
    if (!isPodidError(error, 'InvalidUsage')) {
      throw error;
    }
    return { kind: 'refused', reason: error.message };
  }
}

/** The cluster of all commands of a script that name one, where it is the same. */
function clusterOf(commands: readonly AzCommand[]): readonly AzFlag[] | undefined {
  const named = commands.flatMap(({ words, flags }) => {
    const isEntry = words[1] === 'pod-identity';
    if (words[0] !== 'aks' || !(isEntry || ['update', 'create'].includes(words[1] ?? ''))) {
      return [];
    }
    const given = (...names: readonly string[]) => flags.find(({ name }) => names.includes(name))?.values;
    const group = given('--resource-group', '-g');
    const name = isEntry ? given('--cluster-name') : given('--name', '-n');
    return group === undefined || name === undefined ? [] : [JSON.stringify([group, name])];
  });
  const [first, ...others] = new Set(named);
  if (first === undefined || others.length > 0) {
    return undefined;
  }
  const [group, name] = JSON.parse(first) as [string[], string[]];
  return [
    { name: '-g', values: group },
    { name: '-c', values: name },
  ];
}

function nothingIn(text: string): string {
  return inTexts(text, []).length > 0
    ? 'the az command in it stands in a text, or another program runs it: translate that command alone.'
    : 'there is no command of az in it.';
}

function faultsOf(parts: readonly Part[], isOneLine: boolean): string[] {
  const known = parts.filter(({ becomes: { kind } }) => kind !== 'unknown');
  const wrong = parts.filter(
    ({ becomes: { kind } }) => kind === (known.length === 0 ? 'unknown' : 'refused'),
  );
  return wrong.flatMap(({ becomes: part, line }) => {
    const reason = 'reason' in part ? part.reason : '';
    return [isOneLine ? reason : `line ${line}: ${reason}`];
  });
}

function oneCommand({ found, typed, becomes: part }: Part, shell: ScriptShell): TranslatedScript {
  if (part.kind !== 'typed') {
    const words = ['az', ...found.words.map(({ raw }) => raw), ...found.redirections];
    return { text: words.join(' '), notes: part.kind === 'kept' ? part.notes : [], faults: [] };
  }
  const isNothing = part.commands.length === 0;
  const text = isNothing ? '' : (renderCommands(part.commands, found, '', shell) ?? typed);
  return { text, notes: part.notes, faults: [] };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Replacement extends Edit {
  /** What it replaces. */
  readonly typed: string;
}

function wholeScript(text: string, parts: readonly Part[], shell: ScriptShell): TranslatedScript {
  const isOneLine = !text.trim().includes('\n');
  const told = new Set<string>();
  const comments: Edit[] = [];
  const notes: string[] = [];
  const replaced = parts.flatMap((part) => replacements(text, part, shell));
  for (const { found, line, becomes: part, typed } of parts) {
    if (part.kind === 'unknown' && part.hidden) {
      notes.push(`Line ${line}: ${part.reason} It stays az.`);
    }
    if (part.kind !== 'typed') {
      continue;
    }
    const fresh = part.notes.filter((note) => !told.has(note));
    for (const note of fresh) {
      told.add(note);
    }
    const isLeftOut = part.commands.length === 0 && !found.alone;
    const leftOut = isLeftOut ? [`Left out: ${typed.replace(/\s*[\\`^]?\n\s*/g, ' ')}`] : [];
    const lines = [...fresh.map((note) => `podid: ${note}`), ...leftOut];
    if (isOneLine) {
      notes.push(...fresh, ...leftOut);
    } else if (found.commentAt === undefined) {
      notes.push(...[...fresh, ...leftOut].map((note) => `Line ${line}: ${note}`));
    } else if (lines.length > 0) {
      comments.push({
        start: found.commentAt,
        end: found.commentAt,
        text: commentLines(lines, text, found.commentAt, shell),
      });
    }
  }
  const edits = [...comments, ...outermost(replaced)].toSorted((one, other) => one.start - other.start);
  return {
    text: applyEdits(text, edits),
    notes: [...notes, ...(isOneLine ? [] : summary(parts)), ...inTexts(text, parts)],
    faults: [],
  };
}

function commentLines(lines: readonly string[], text: string, at: number, shell: ScriptShell): string {
  const indent = /^[ \t]*/.exec(text.slice(at))?.[0] ?? '';
  return lines.map((line) => `${indent}${commentMark(shell)} ${line}\n`).join('');
}

function replacements(
  text: string,
  { found, typed, becomes: part }: Part,
  shell: ScriptShell,
): Replacement[] {
  if (part.kind !== 'typed') {
    return [];
  }
  const { start, end, answer } = found;
  const answered =
    answer === undefined ? [] : [{ ...answer, typed: text.slice(answer.start, answer.end), text: '' }];
  if (part.commands.length === 0 && found.alone) {
    const commented = typed.split('\n').map((line) => `${commentMark(shell)} ${line}`);
    return [{ start, end, typed, text: commented.join('\n') }];
  }
  return [
    ...answered,
    { start, end, typed, text: renderCommands(part.commands, found, typed, shell) ?? typed },
  ];
}

/** A command within a value of another is replaced in that one's text. */
function outermost(edits: readonly Replacement[]): Edit[] {
  const isWithin = (inner: Edit, outer: Edit) =>
    inner !== outer && inner.start >= outer.start && inner.end <= outer.end;
  return edits
    .filter((edit) => !edits.some((outer) => isWithin(edit, outer)))
    .map((outer) => ({
      ...outer,
      text: edits
        .filter((inner) => isWithin(inner, outer))
        .reduce((made, inner) => made.split(inner.typed).join(inner.text), outer.text),
    }));
}

function applyEdits(text: string, edits: readonly Edit[]): string {
  let at = 0;
  let made = '';
  for (const edit of edits) {
    made += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return made + text.slice(at);
}

function summary(parts: readonly Part[]): string[] {
  const count = (is: (part: Part) => boolean) => parts.filter(is).length;
  const typed = count(({ becomes: part }) => part.kind === 'typed' && part.commands.length > 0);
  const left = count(({ becomes: part }) => part.kind === 'typed' && part.commands.length === 0);
  const stay = parts.length - typed - left;
  return [
    `${typed} of ${parts.length} az commands translated${left > 0 ? `, ${left} left out` : ''}${stay > 0 ? `, ${stay} stay az` : ''}.`,
  ];
}

/** What looks like a command and stands in a text, such as one that is run elsewhere. */
function inTexts(text: string, parts: readonly Part[]): string[] {
  const mentions =
    /(?:\b[\w.]*az[\w.]*|\$\{?\w+\}?)["']?\s+aks\s+(?:pod-identity\b|(?:create|update)\b(?:[^\n]|(?<=[\\`^])\n)*-pod-identity\b)/g;
  const lines = [...text.matchAll(mentions)]
    .filter(({ index }) => !parts.some(({ found }) => found.start <= index && index < found.end))
    .filter(
      ({ index }) => !/(?:^|\s)(?:#|rem\s|::)/i.test(text.slice(text.lastIndexOf('\n', index) + 1, index)),
    )
    .map(({ index }) => lineOf(text, index));
  return [...new Set(lines)].map(
    (line) =>
      `Line ${line}: an az command that stands in a text, or that another program runs, stays as it is.`,
  );
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

function placeText(text: string, at: number): string {
  return text.trim().includes('\n') ? `line ${lineOf(text, at)}: ` : '';
}
