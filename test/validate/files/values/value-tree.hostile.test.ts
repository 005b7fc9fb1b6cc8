import { describe, expect, it } from 'vitest';
import { manifestDocuments, manifestObjects } from '../../../../src/validate/files/manifest-objects.ts';
import { treeOfFile } from '../../../../src/validate/files/values/value-tree.ts';
import { faultsOf } from '../../faults-of.ts';

/** A few hundred bytes that stand for 10^12 values. */
const laughs = Array.from({ length: 12 }, (_, n) => {
  const inner = n === 0 ? 'ha' : `*a${n - 1}`;
  return `a${n}: &a${n} [${Array(10).fill(inner).join(', ')}]`;
}).join('\n');

describe.each([
  ['that holds itself', 'a: &a [*a]'],
  ['that holds itself as a map', 'a: &a {b: *a}'],
  ['whose aliases multiply', laughs],
])('YAML %s', (_what, text) => {
  it('is a fault of a file of values', () => {
    const said = faultsOf((faults) => treeOfFile({ name: 'values.yaml', text }, faults));
    expect(said).toEqual([expect.stringMatching(/alias/)]);
  });

  it('is passed over in a manifest', () => {
    const sound = 'apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n';
    expect(manifestObjects(manifestDocuments(`${text}\n---\n${sound}`), 'n')).toEqual([
      { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: 'n' },
    ]);
  });
});

describe.each([
  ['a map that takes itself in', 'a: &a {<<: *a, b: 1}'],
  [
    'maps that take in each other many times',
    Array.from({ length: 12 }, (_, n) =>
      n === 0
        ? 'a0: &a0 {b: 1}'
        : `a${n}: &a${n} {<<: [${Array(10)
            .fill(`*a${n - 1}`)
            .join(', ')}]}`,
    ).join('\n'),
  ],
])('%s', (_what, text) => {
  it('is a fault of a file of values, and soon said', () => {
    const said = faultsOf((faults) => treeOfFile({ name: 'values.yaml', text }, faults));
    expect(said.join()).toMatch(/are taken in by <<|alias/);
  });
});

describe('YAML whose lists are nested without end', () => {
  const text = `a: ${'['.repeat(100_000)}`;

  it('is a fault of a file of values', () => {
    expect(faultsOf((faults) => treeOfFile({ name: 'values.yaml', text }, faults))).not.toEqual([]);
  });

  it('is passed over in a manifest', () => {
    expect(manifestObjects(manifestDocuments(text), 'n')).toEqual([]);
  });
});
