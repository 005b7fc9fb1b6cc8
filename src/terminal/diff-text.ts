import { heldBlank } from '../errors/hint.ts';
import { plainText } from '../errors/plain-text.ts';
import type { Colours } from './colours.ts';

/** One thing that changes: its sign says how, its lines what. */
export interface DiffItem {
  /** `-/+`: it goes, and comes again. */
  readonly sign: '+' | '-' | '~' | '-/+';
  readonly title: string;
  readonly lines: readonly {
    readonly name: string;
    readonly before?: string;
    readonly after?: string;
    readonly why?: string;
  }[];
}

/**
 * A diff for people: green for what comes, red for what goes, yellow for what changes. Ends with a line break
 * unless it is empty.
 */
export function diffText(items: readonly DiffItem[], colour: Colours): string {
  const paints = { '+': colour.green, '-': colour.red, '~': colour.yellow, '-/+': colour.yellow };
  const text = items.flatMap(({ sign, title, lines }) => {
    const width = Math.max(0, ...lines.map(({ name }) => name.length));
    return [
      paints[sign](`${sign} ${plainText(title, 'one')}`),
      ...lines.map(({ name, before, after, why }) => {
        const old = before === undefined ? [] : [colour.red(plainText(before, 'one'))];
        const fresh = after === undefined ? [] : [colour.green(plainText(after, 'one'))];
        const reason = why === undefined ? '' : `  ${colour.dim(`# ${why}`)}`;
        return `    ${name.padEnd(width + 2, heldBlank)}${[...old, ...fresh].join(' → ')}${reason}`;
      }),
    ];
  });
  return text.map((line) => `${line}\n`).join('');
}
