import { describe, expect, it } from 'vitest';
import { strategicMerge } from '../../../../src/emulator/kube/objects/strategic-merge.ts';

const two = {
  containers: [
    { name: 'a', image: '1' },
    { name: 'b', image: '1' },
  ],
};

describe('a strategic merge patch', () => {
  it.each([
    ['merges maps', { labels: { a: '1', b: '2' } }, { labels: { b: '3' } }, { labels: { a: '1', b: '3' } }],
    ['takes null away', { labels: { a: '1', b: '2' } }, { labels: { b: null } }, { labels: { a: '1' } }],
    [
      'merges items of a list by their key',
      two,
      { containers: [{ name: 'b', image: '2' }, { name: 'c' }] },
      { containers: [{ name: 'a', image: '1' }, { name: 'b', image: '2' }, { name: 'c' }] },
    ],
    [
      'ignores the order of items',
      two,
      { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'a', image: '2' }] },
      {
        containers: [
          { name: 'a', image: '2' },
          { name: 'b', image: '1' },
        ],
      },
    ],
    [
      'deletes an item',
      two,
      { containers: [{ name: 'a', $patch: 'delete' }] },
      { containers: [{ name: 'b', image: '1' }] },
    ],
    [
      'replaces a list that is told to be replaced',
      two,
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: [{ name: 'c' }] },
    ],
    ['replaces a list without a key', { args: ['a', 'b'] }, { args: ['c'] }, { args: ['c'] }],
    ['adds to a set', { finalizers: ['a'] }, { finalizers: ['a', 'b'] }, { finalizers: ['a', 'b'] }],
    [
      'takes out of a set',
      { finalizers: ['a', 'b'] },
      { '$deleteFromPrimitiveList/finalizers': ['a'] },
      { finalizers: ['b'] },
    ],
    ['replaces a map', { spec: { a: 1 } }, { spec: { $patch: 'replace', b: 2 } }, { spec: { b: 2 } }],
    ['deletes a map', { spec: { a: 1 } }, { spec: { $patch: 'delete' } }, {}],
    [
      'keeps only what is told to be kept',
      { strategy: { type: 'RollingUpdate', rollingUpdate: {} } },
      { strategy: { $retainKeys: ['type'], type: 'Recreate' } },
      { strategy: { type: 'Recreate' } },
    ],
  ])('%s', (_what, live, patch, expected) => {
    expect(strategicMerge(live, patch)).toEqual(expected);
  });

  it('with a directive that there is none of is refused', () => {
    expect(() => strategicMerge({}, { $patch: 'forget' })).toThrow('$patch');
  });
});
