// Tables as Markdown, as the documents have them.

export function printHead(...cells: readonly string[]): void {
  printRow(...cells);
  console.log(`|${'---|'.repeat(cells.length)}`);
}

export function printRow(...cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

/** @returns 0 of none */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
