import { describe, expect, it } from 'vitest';
import { noColours } from '../../src/terminal/colours.ts';
import { table } from '../../src/terminal/table.ts';

const group = '/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/demo-rg';
const columns = [
  { heading: 'NAME', cell: ({ name }: { name: string }) => name },
  {
    heading: 'ID',
    cell: ({ id }: { id: string }) => id,
    colour: ({ name }: { name: string }) => (name === 'web' ? 'green' : undefined) as 'green' | undefined,
  },
];

describe('a table', () => {
  it.each([
    [
      'a resource id',
      `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web`,
      /…\S*\/web$/,
    ],
    ['a GUID', '00000000-0000-4000-8000-0000c11e0001', /…\S*-0000c11e0001$/],
    ['the name of a node', 'aks-nodepool1-33445566-vmss000003', /^web +aks-nod\S*…\S*ss000003$/],
    ['a text', 'The scale set nodepool1 is locked by somebody.', /^web +The scale set.*…$/],
  ])('cuts of %s what tells it apart last', (_what, id, shown) => {
    const [, row = ''] = table([{ name: 'web', id }], columns, 36).split('\n');
    expect(row).toMatch(shown);
    expect(row.length).toBeLessThanOrEqual(36);
  });

  it('shows of a cell no more than 1,000 letters', () => {
    const [, long = ''] = table([{ name: 'x'.repeat(1_000_000), id: '' }], columns, undefined).split('\n');
    expect(long.trimEnd()).toHaveLength(1000);
  });

  it('leaves columns out that are empty, before it cuts others, and cuts headings at their end', () => {
    const agents = ['NODE', 'ADDRESS-GUARD', 'OTHER-AGENTS'].map((heading, at) => ({
      heading,
      cell: (cells: readonly string[]) => cells[at],
    }));
    const rows = ['000', '001'].map((end) => [`aks-nodepool1-12345678-vmss${end}`, 'inactive', '']);
    expect(table(rows, agents, 80)).toMatch(/^NODE +ADDRESS-GUARD +OTHER-AGENTS$/m);
    expect(table(rows, agents, 40)).toBe(
      [
        'NODE                       ADDRESS-GUARD',
        'aks-nodepoo…5678-vmss000   inactive',
        'aks-nodepoo…5678-vmss001   inactive',
        '',
      ].join('\n'),
    );
    expect(table(rows, agents, 20)).toMatch(/^NODE +ADDRESS-…\naks…s000 +inactive\n/);
    expect(table([], agents, 20).split('\n')[0]).toMatch(/^NODE +ADDR… +OTHE…$/);
  });

  it('paints what is cut already, and a heading, and is as wide as without colours', () => {
    const paint = { ...noColours, green: (text: string) => `\u001b[32m${text}\u001b[39m` };
    const rows = [
      { name: 'web', id: 'one two three four five six' },
      { name: 'jobs', id: 'x' },
    ];
    const painted = table(rows, columns, 20, paint);
    expect(painted).toContain('\u001b[32mone two thre…\u001b[39m');
    expect(painted.replaceAll('\u001b[32m', '').replaceAll('\u001b[39m', '')).toBe(table(rows, columns, 20));
  });
});
