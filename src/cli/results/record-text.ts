import type { TableShape } from '../../terminal/print-result.ts';

export type RecordLine = readonly [name: string, value: unknown];

/** One thing with many members, a line each: nothing of an id is cut off, and what it lacks has no line. */
export function recordShape<Value>(lines: (value: Value) => readonly RecordLine[]): TableShape {
  return {
    columns: [],
    rows: (value: Value) => [value],
    text: (value: Value) => recordText(lines(value)),
  };
}

function recordText(lines: readonly RecordLine[]): string {
  const shown = lines.filter(([, value]) => value !== undefined && value !== null && value !== '');
  const width = Math.max(0, ...shown.map(([name]) => name.length)) + 2;
  return shown.map(([name, value]) => `${name.padEnd(width)}${String(value)}\n`).join('');
}
