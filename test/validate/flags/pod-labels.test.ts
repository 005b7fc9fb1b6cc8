import { describe, expect, it } from 'vitest';
import { parsePodLabels } from '../../../src/validate/flags/pod-labels.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { faultsOf } from '../faults-of.ts';

describe('pod labels', () => {
  it('become a map', () => {
    expect(parsePodLabels(new UsageFaults(), ['app=web', 'example.com/tier=', '__proto__=x'])).toBeDefined();
    expect(parsePodLabels(new UsageFaults(), ['app=web', 'example.com/tier='])).toEqual({
      app: 'web',
      'example.com/tier': '',
    });
  });

  it.each([
    [
      'a=b=c',
      '"b=c" is not a label value: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends. Nearest: a=b-c',
    ],
    ['k', 'Nearest: k='],
    ['=v', '"" is not a label key'],
    [`k=${'v'.repeat(64)}`, `Nearest: ${'v'.repeat(63)}`],
    ['k=v,l=w', 'not of the form KEY=VALUE. Nearest, with spaces between the labels: k=v l=w'],
    ['k=v,=w', 'not of the form KEY=VALUE.'],
    ['k=ä', 'is not a label value'],
    ['k=v\n', 'is not a label value'],
  ])('refuse %j', (pair, text) => {
    expect(faultsOf((faults) => parsePodLabels(faults, [pair])).join(' ')).toContain(text);
  });

  it('refuse a key given twice, and no label at all', () => {
    expect(faultsOf((faults) => parsePodLabels(faults, ['a=b', 'a=c']))).toEqual([
      '--pod-labels: the key "a" is given twice.',
    ]);
    expect(faultsOf((faults) => parsePodLabels(faults, ['']))).toHaveLength(1);
  });
});
