import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Column, fittedTable } from '../../src/terminal/table.ts';

const cell = fc.oneof(
  fc.constant(''),
  fc.stringMatching(/^[!-~]{1,60}$/),
  fc.stringMatching(/^[a-z]{1,12}( [a-z]{1,12}){0,8}$/),
);
const kinds = fc.array(fc.constantFrom('usual', 'whole', 'spare'), { minLength: 1, maxLength: 10 });
const tables = kinds.chain((each) =>
  fc.record({
    kinds: fc.constant(each),
    rows: fc.array(fc.array(cell, { minLength: each.length, maxLength: each.length }), {
      minLength: 1,
      maxLength: 5,
    }),
  }),
);

function columnsOf(kinds: readonly string[]): Column[] {
  return kinds.map((kind, at) => ({
    heading: `${kind.toUpperCase()}-${at}`,
    cell: (row: readonly string[]) => row[at],
    ...(kind === 'whole' ? { whole: true as const } : {}),
    ...(kind === 'spare' ? { spare: at } : {}),
  }));
}

describe('a table on a terminal', () => {
  it('has no line that is longer than the terminal, down to 60 columns of it', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 60, max: 200 }), ({ kinds, rows }, width) => {
        const { text } = fittedTable(rows, columnsOf(kinds), width);
        expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('leaves out nothing but spare columns, says which, and shows all where there is no width', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 60, max: 200 }), ({ kinds, rows }, width) => {
        const columns = columnsOf(kinds);
        const { leftOut } = fittedTable(rows, columns, width);
        expect(leftOut.every((heading) => heading.startsWith('SPARE-'))).toBe(true);
        expect(fittedTable(rows, columns, undefined).leftOut).toEqual([]);
      }),
    );
  });

  it('cuts a state last of all', () => {
    const states = ['NODE', 'STATE', 'WHY'].map((heading, at) => ({
      heading,
      cell: (row: readonly string[]) => row[at],
      ...(heading === 'STATE' ? { whole: true as const } : {}),
    }));
    const rows = [['aks-nodepool1-12345678-vmss000000', 'blocked(BarePod)', 'a reason that goes on and on']];
    expect(fittedTable(rows, states, 40).text).toContain('blocked(BarePod)');
  });
});
