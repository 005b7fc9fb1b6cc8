import type { Colours } from './colours.ts';
import type { Query } from './query.ts';
import type { Column } from './table.ts';
import { tsv } from './tsv.ts';

export const outputFormats = ['json', 'yaml', 'table', 'tsv', 'none'] as const;
export type OutputFormat = (typeof outputFormats)[number];

export interface ResultFormat {
  readonly format: OutputFormat;
  readonly query?: Query;
  /** Columns of the terminal; undefined: a table is as wide as it gets. */
  readonly width: number | undefined;
  /** Of stdout; only for shapes with a text. */
  readonly colour: Colours;
}

/** How a table shows a result when no query shapes it: its rows, and what is in each. */
export interface TableShape {
  readonly rows: (value: never) => readonly unknown[];
  readonly columns: readonly Column[];
  /** Instead of a table: how people read the whole value. Ends with a line break. */
  readonly text?: (value: never, colour: Colours) => string;
  /** One of many results of one command: JSON is a line each, YAML a document each. */
  readonly repeated?: true;
}

/** The result as the format has it; empty or ending with a line break. */
export async function resultText(value: unknown, shape: TableShape, output: ResultFormat): Promise<string> {
  // A query sees what JSON would show: members that are undefined are not there.
  const plain: unknown = JSON.parse(JSON.stringify(value ?? null));
  const shown = output.query === undefined ? plain : (output.query(plain) ?? null);
  switch (output.format) {
    case 'json':
      return `${JSON.stringify(shown, null, shape.repeated ? 0 : 2)}\n`;
    case 'yaml': {
      const { yamlText } = await import('./yaml-text.ts');
      return `${shape.repeated ? '---\n' : ''}${yamlText(shown)}`;
    }
    case 'tsv':
      return tsv(shown, output.query === undefined);
    case 'table':
      return tableText(shown, shape, output);
    case 'none':
      return '';
  }
}

async function tableText(shown: unknown, shape: TableShape, output: ResultFormat): Promise<string> {
  if (output.query === undefined && shape.text !== undefined) {
    return shape.text(shown as never, output.colour);
  }
  const { projectedColumns, table } = await import('./table.ts');
  if (output.query === undefined) {
    return table(shape.rows(shown as never), shape.columns, output.width);
  }
  const rows = Array.isArray(shown) ? shown : [shown];
  return table(rows, projectedColumns(rows), output.width);
}
