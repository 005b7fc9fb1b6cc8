import { heldBlank } from '../../errors/hint.ts';
import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { wrapText } from '../../terminal/wrap-text.ts';

export type RecordLine = readonly [name: string, value: unknown, colour?: keyof Colours | undefined];

/** One thing with many members, a line each: nothing of an id is cut off, and what it lacks has no line. */
export function recordShape<Value>(lines: (value: Value) => readonly RecordLine[]): TableShape {
  return {
    columns: [],
    rows: (value: Value) => [value],
    text: (value: Value, colour, columns) => recordText(lines(value), columns, colour),
  };
}

/** Less room than that breaks a sentence at each word. */
const leastColumns = 20;

function recordText(lines: readonly RecordLine[], columns: number | undefined, colours: Colours): string {
  const shown = lines.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 2;
  const room = columns === undefined ? undefined : Math.max(leastColumns, columns - width);
  const below = `\n${heldBlank.repeat(width)}`;
  // What is longer than a line goes on beside its name, and not below it.
  return shown
    .map(([name, value, colour]) => {
      const paint = colour === undefined ? String : colours[colour];
      const text = wrapText(String(value), room).map((line) => paint(line));
      return `${name.padEnd(width, heldBlank)}${text.join(below)}\n`;
    })
    .join('');
}
