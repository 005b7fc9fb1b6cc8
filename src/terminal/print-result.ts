import { Hint } from '../errors/hint.ts';
import { jsonText, plainText } from '../errors/plain-text.ts';
import type { Colours } from './colours.ts';
import type { PageBlock } from './page/page-block.ts';
import type { Query } from './query.ts';
import type { Signs } from './signs.ts';
import type { Column } from './table.ts';
import { tsv } from './tsv.ts';
import { released, wrapResult } from './wrap-text.ts';

export const outputFormats = [
  'json',
  'jsonc',
  'yaml',
  'yamlc',
  'table',
  'wide',
  'name',
  'tsv',
  'html',
  'none',
] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface ResultFormat {
  readonly format: OutputFormat;
  readonly query?: Query;
  /** Columns of the terminal; undefined: a table is as wide as it gets. */
  readonly width: number | undefined;
  /** Of stdout. */
  readonly colour: Colours;
  /** Of stdout: what tsv prints is for a program elsewhere, and stays as it is. */
  readonly isTerminal: boolean;
  /** Of tables and texts for people; data keeps the letters that it has. */
  readonly signs: Signs;
  /** A hint as whoever reads it can type it, the blanks of its commands held. */
  readonly hintText: (hint: Hint) => string;
}

/** How a table shows a result when no query shapes it: its rows, and what is in each. */
export interface TableShape {
  readonly rows: (value: never) => readonly unknown[];
  readonly columns: readonly Column[];
  /** Below the table: what does not fit into a row. Its lines are broken where the terminal ends. Empty, or ends with a line break. */
  readonly foot?: (value: never, colour: Colours, columns: number | undefined) => string;
  /** In place of a table without rows, where nothing else says that there are none. Ends with a line break. */
  readonly none?: string;
  /** Of `-o wide`, where that shows more. */
  readonly wideColumns?: readonly Column[];
  /** Of a row, for `-o name`. */
  readonly name?: (row: never) => string;
  /** The whole value as YAML begins with it: a comment for editors. Empty, or ends with a line break. */
  readonly yamlHead?: string;
  /** Instead of a table: how people read the whole value, on a terminal of so many columns, as `foot`. */
  readonly text?: (value: never, colour: Colours, columns: number | undefined) => string;
  /** One of many results of one command: JSON is a line each, YAML a document each. */
  readonly repeated?: true;
  /** Of the page that `-o html` makes of it. */
  readonly title?: string;
  /** What that page holds instead of the table. */
  readonly page?: (value: never) => readonly PageBlock[];
}

/** The result as the format has it; empty or ending with a line break. */
export async function resultText(value: unknown, shape: TableShape, output: ResultFormat): Promise<string> {
  const isForPeople = output.query === undefined && ['table', 'wide'].includes(output.format);
  const hintText = (hint: Hint) => (isForPeople ? output.hintText(hint) : released(output.hintText(hint)));
  // A query sees what JSON would show: members that are undefined are not there.
  const plain: unknown = JSON.parse(JSON.stringify(value ?? null, withHints(hintText)));
  const shown = output.query === undefined ? plain : (output.query(plain) ?? null);
  switch (output.format) {
    case 'json':
      return `${jsonText(shown, shape.repeated ? 0 : 2)}\n`;
    case 'jsonc': {
      const { paintedJson } = await import('./painted-data.ts');
      return paintedJson(await resultText(value, shape, { ...output, format: 'json' }), output.colour);
    }
    case 'yamlc': {
      const { paintedYaml } = await import('./painted-data.ts');
      return paintedYaml(await resultText(value, shape, { ...output, format: 'yaml' }), output.colour);
    }
    case 'yaml': {
      const { yamlText } = await import('./yaml-text.ts');
      const head = output.query === undefined ? (shape.yamlHead ?? '') : '';
      return `${shape.repeated ? '---\n' : ''}${head}${yamlText(shown)}`;
    }
    case 'tsv': {
      const text = tsv(shown, output.query === undefined);
      return output.isTerminal ? plainText(text) : text;
    }
    case 'table':
      return output.signs(await tableText(shown, shape, output, output.width));
    case 'wide': {
      // As kubectl does: nothing is cut, whatever the terminal's width.
      const columns = shape.wideColumns ?? shape.columns;
      return output.signs(await tableText(shown, { ...shape, columns }, output, undefined));
    }
    case 'name':
      return shape
        .rows(shown as never)
        .map((row) => `${plainText(shape.name?.(row as never) ?? '', 'one')}\n`)
        .join('');
    case 'html': {
      const { htmlPage } = await import('./page/html-page.ts');
      return await htmlPage(eachText(shown), shape, shape.title ?? '');
    }
    case 'none':
      return '';
  }
}

/** A hint in a result is its text; `toJSON` has run before the value comes here. */
function withHints(hintText: ResultFormat['hintText']) {
  return function (this: unknown, key: string, value: unknown): unknown {
    const held = Reflect.get(Object(this), key);
    return held instanceof Hint ? hintText(held) : value;
  };
}

/** For a text that people read, whatever it is made into: no string of the value steers a terminal or begins a line. */
function eachText(value: unknown): unknown {
  if (typeof value === 'string') {
    return plainText(value, 'one');
  }
  if (Array.isArray(value)) {
    return value.map(eachText);
  }
  return typeof value === 'object' && value !== null
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [plainText(key, 'one'), eachText(each)]))
    : value;
}

/** @param width of the table; what stands below it is as wide as the terminal */
async function tableText(
  shown: unknown,
  shape: TableShape,
  { query, colour, width: columns }: ResultFormat,
  width: number | undefined,
): Promise<string> {
  if (query === undefined && shape.text !== undefined) {
    return wrapResult(shape.text(eachText(shown) as never, colour, columns), columns);
  }
  const { fittedTable, projectedColumns, table } = await import('./table.ts');
  if (query === undefined) {
    const rows = shape.rows(shown as never);
    const foot = shape.foot?.(eachText(shown) as never, colour, columns) ?? '';
    if (rows.length === 0) {
      // Headings of nothing say nothing.
      return wrapResult(`${shape.none ?? ''}${foot.replace(/^\n+/, '')}`, columns);
    }
    const { text, leftOut } = fittedTable(rows, shape.columns, width, colour);
    const rest =
      leftOut.length === 0 ? '' : `${colour.dim(`Not shown here: ${leftOut.join(', ')} (-o wide).`)}\n`;
    return `${released(text)}${wrapResult(`${rest}${foot}`, columns)}`;
  }
  const rows = Array.isArray(shown) ? shown : [shown];
  return table(rows, projectedColumns(rows), width, colour);
}
