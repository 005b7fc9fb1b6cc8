import type { ScriptShell } from '../../domain/az/az-command.ts';
import { commentMark } from '../../validate/az/transcript.ts';
import { renderCommands } from './render-commands.ts';
import type { Part } from './script-parts.ts';

export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Replacement extends Edit {
  /** What it replaces. */
  readonly typed: string;
}

export function commentLines(lines: readonly string[], text: string, at: number, shell: ScriptShell): string {
  const indent = /^[ \t]*/.exec(text.slice(at))?.[0] ?? '';
  return lines.map((line) => `${indent}${commentMark(shell)} ${line}\n`).join('');
}

export function replacements(
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
export function outermost(edits: readonly Replacement[]): Edit[] {
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

export function applyEdits(text: string, edits: readonly Edit[]): string {
  let at = 0;
  let made = '';
  for (const edit of edits) {
    made += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return made + text.slice(at);
}
