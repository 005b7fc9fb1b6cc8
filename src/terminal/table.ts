import Table from 'cli-table3';
import { plainText } from '../errors/plain-text.ts';
import { type Colours, noColours } from './colours.ts';

/** One column: its heading in capitals and what a row shows in it. */
export interface Column {
  readonly heading: string;
  readonly cell: (row: never) => unknown;
  /** In which colour the cell of a row is read first; absent or undefined: as it is. */
  readonly colour?: (row: never) => keyof Colours | undefined;
  /** Never cut as long as others can be: of a state each letter counts. */
  readonly whole?: true;
  /** It may be left out where others would be cut to what nobody can read: the lowest of these numbers first. */
  readonly spare?: number;
}

export interface FittedTable {
  /** Ends with a line break. */
  readonly text: string;
  /** Headings of columns with something in them, for which there was no room. */
  readonly leftOut: readonly string[];
}

/** Longer cells are somebody's mischief, and take no more time and room than that. */
const longestCell = 1000;

/** @param width columns of the terminal; undefined: as wide as it gets */
export function table(
  rows: readonly unknown[],
  columns: readonly Column[],
  width: number | undefined,
  colours: Colours = noColours,
): string {
  return fittedTable(rows, columns, width, colours).text;
}

/** As `table`, with what is not in it. */
export function fittedTable(
  rows: readonly unknown[],
  columns: readonly Column[],
  width: number | undefined,
  colours: Colours = noColours,
): FittedTable {
  const filled = columns.map((column) => ({
    column,
    cells: rows.map((row) => cut(cellText(column.cell(row as never)), longestCell)),
  }));
  const shown = columnsFor(filled, width);
  const widths = cutToWidth(shown, width);
  const headings = shown.map(({ column }, at) => cutAtEnd(column.heading, widths[at] ?? 0));
  const painted = rows.map((row, line) =>
    shown.map(({ column, cells }, at) => {
      const text = cut(cells[line] ?? '', widths[at] ?? 0);
      const colour = column.colour?.(row as never);
      return colour === undefined || text === '' ? text : colours[colour](text);
    }),
  );
  const grid = new Table({
    chars: noLines,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 3 },
  });
  grid.push(headings.map((heading) => colours.bold(heading)));
  for (const line of painted) {
    grid.push(line);
  }
  const lines = grid
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return {
    text: `${lines.join('\n')}\n`,
    leftOut: filled
      .filter((each) => hasText(each) && !shown.includes(each))
      .map(({ column }) => column.heading),
  };
}

/**
 * Columns of a value that a query made: members by name, items of lists by number, everything else as
 * `RESULT`.
 */
export function projectedColumns(rows: readonly unknown[]): Column[] {
  const keys = new Set<string>();
  for (const row of rows) {
    if (typeof row === 'object' && row !== null) {
      for (const key of Object.keys(row)) {
        keys.add(key);
      }
    }
  }
  if (keys.size === 0) {
    return [{ heading: 'RESULT', cell: (row: unknown) => row }];
  }
  const numbered = rows.every((row) => Array.isArray(row));
  return [...keys].map((key) => ({
    heading: numbered ? `COLUMN${Number(key) + 1}` : headingOf(key),
    cell: (row: unknown) =>
      typeof row === 'object' && row !== null ? Object.entries(row).find(([at]) => at === key)?.[1] : row,
  }));
}

/** `provisioningState` → `PROVISIONING-STATE`. */
function headingOf(key: string): string {
  return key.replace(/([a-z0-9])([A-Z])/g, '$1-$2').toUpperCase();
}

function cellText(value: unknown): string {
  if (value === null || value === undefined) {
    return '';
  }
  return plainText(typeof value === 'object' ? JSON.stringify(value) : String(value), 'one');
}

const noLines = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat('left-mid', 'mid-mid', 'right-mid', 'middle')
    .map((place) => [place, '']),
);

const padding = 3;
/** To so many letters columns are cut before one is left out, */
const legible = 12;
/** and to so many where none can be. */
const narrowest = 3;

interface FilledColumn {
  readonly column: Column;
  readonly cells: readonly string[];
}

/** Where not all have room, those in which no row has anything say the least; and then the spare ones. */
function columnsFor(filled: readonly FilledColumn[], width: number | undefined): readonly FilledColumn[] {
  if (width === undefined || totalOf(filled.map(widthOf)) <= width || !filled.some(hasText)) {
    return filled;
  }
  let left = filled.filter(hasText);
  const spare = left
    .filter(({ column }) => column.spare !== undefined)
    .toSorted((one, other) => (one.column.spare ?? 0) - (other.column.spare ?? 0));
  for (const each of spare) {
    if (totalOf(left.map(leastOf)) <= width) {
      break;
    }
    left = left.filter((other) => other !== each);
  }
  return left;
}

function hasText({ cells }: FilledColumn): boolean {
  return cells.some((text) => text !== '');
}

function widthOf({ column, cells }: FilledColumn): number {
  return [column.heading, ...cells].reduce((widest, text) => Math.max(widest, [...text].length), 0);
}

function leastOf(filled: FilledColumn): number {
  return filled.column.whole ? widthOf(filled) : Math.min(legible, widthOf(filled));
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each + padding, -padding);
}

/** Narrows the widest columns, and those alone, until a line fits; those that are to stay whole at the very last. */
function cutToWidth(shown: readonly FilledColumn[], width: number | undefined): readonly number[] {
  const widths = shown.map(widthOf);
  const isCuttable = (at: number, whole: boolean) =>
    (widths[at] ?? 0) > narrowest && (whole || shown[at]?.column.whole !== true);
  while (width !== undefined && totalOf(widths) > width) {
    const places = [...widths.keys()];
    const cuttable = [false, true]
      .map((whole) => places.filter((at) => isCuttable(at, whole)))
      .find((found) => found.length > 0);
    const widest = cuttable?.reduce((most, at) => ((widths[at] ?? 0) > (widths[most] ?? 0) ? at : most));
    if (widest === undefined) {
      break;
    }
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Ids begin alike, and differ at their end. */
const idBeginning = /^(?:\/subscriptions\/|[0-9a-f]{8}-[0-9a-f]{4}-)/i;

/** Keeps what tells a text from others: a sentence's beginning, an id's end, both ends of a name. */
function cut(text: string, length: number): string {
  const letters = [...text];
  if (letters.length <= length) {
    return text;
  }
  if (/\s/.test(text)) {
    return cutAtEnd(text, length);
  }
  const ending = idBeginning.test(text) ? length - 1 : Math.ceil((length - 1) / 2);
  const beginning = letters.slice(0, length - 1 - ending);
  return `${beginning.join('')}…${letters.slice(letters.length - ending).join('')}`;
}

/** Keeps the beginning of a text, and says that it goes on. */
export function cutAtEnd(text: string, length: number): string {
  const letters = [...text];
  return letters.length <= length ? text : `${letters.slice(0, length - 1).join('')}…`;
}
