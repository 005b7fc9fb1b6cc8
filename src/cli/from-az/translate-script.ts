import type { ScriptShell } from '../../domain/az/az-command.ts';
import { type AzScript, ScriptError } from '../../validate/az/az-script.ts';
import { readPosixScript } from '../../validate/az/posix-script.ts';
import { withoutPrompts } from '../../validate/az/transcript.ts';
import { readWindowsScript } from '../../validate/az/windows-script.ts';
import { renderCommands } from './render-commands.ts';
import { applyEdits, commentLines, type Edit, outermost, replacements } from './script-edits.ts';
import { lineOf, type Part, partsOf, placeText } from './script-parts.ts';

export interface TranslatedScript {
  /** With all that is not az's as it was; empty where nothing has to be typed any more. */
  readonly text: string;
  /** For people, beside the text. */
  readonly notes: readonly string[];
  /** Why nothing can be translated; then there is no text. */
  readonly faults: readonly string[];
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
