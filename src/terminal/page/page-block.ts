/** A part of a page. Every text in it may be of others, and is shown as text. */
export type PageBlock =
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string; readonly id?: string }
  | { readonly kind: 'text'; readonly text: string }
  /** What one looks for first: a number and what it counts. */
  | { readonly kind: 'tiles'; readonly tiles: readonly (readonly [string | number, string])[] }
  /** A name and what is said of it: a text, or several. */
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [string, string | readonly string[]])[] }
  /** What is to be done, each with what is to be typed. */
  | {
      readonly kind: 'findings';
      readonly findings: readonly {
        readonly mark: 'high' | 'medium' | 'low';
        readonly code: string;
        readonly text: string;
        readonly hint: string;
      }[];
    }
  | PageTable;

export interface PageTable {
  readonly kind: 'table';
  readonly caption: string;
  readonly columns: readonly string[];
  readonly rows: readonly PageRow[];
  /** The first cell of a row names it. */
  readonly named?: true;
}

export interface PageRow {
  /** Where the first cell leads: the id of a heading. */
  readonly link?: string;
  readonly cells: readonly (string | number)[];
}
