import { describe, expect, it } from 'vitest';
import { goYamlScalar } from '../../../src/validate/files/go-yaml-scalar.ts';
import { locatedDocuments } from '../../../src/validate/files/located-yaml.ts';
import { UsageFaults } from '../../../src/validate/usage-faults.ts';
import { manifestOfShape, manifestOfWords, wordsRead, yamlShapes, yamlWords } from './go-yaml-words.ts';

function read(text: string): { readonly spec: Record<string, unknown> } {
  const faults = new UsageFaults();
  const [document] = locatedDocuments({ name: 'm', text }, faults, { readPlain: goYamlScalar });
  const json = document?.json();
  expect(faults.messages).toEqual([]);
  return json as never;
}

// test/cluster/kubectl-yaml.test.ts has the real kubectl read the same.
describe('YAML as kubectl and Helm read it', () => {
  it('has words without quotes that are something else', () => {
    expect(wordsRead(read(manifestOfWords()))).toEqual(yamlWords);
  });

  it.each(yamlShapes)('has %s', (_what, spec, json) => {
    expect(read(manifestOfShape(spec)).spec).toEqual(json);
  });

  it('is of version 1.1, and says so of another', () => {
    const faults = new UsageFaults();
    locatedDocuments({ name: 'm', text: '%YAML 1.2\n---\na: b\n' }, faults, { readPlain: goYamlScalar });
    expect(faults.messages).toEqual([
      'm:1:1: Helm and kubectl read YAML 1.1 and refuse %YAML 1.2: remove that line.',
    ]);
  });

  it.each([
    [
      'multiply',
      `${Array.from(
        { length: 12 },
        (_, at) =>
          `a${at}: &a${at} [${Array(12)
            .fill(at === 0 ? 'x' : `*a${at - 1}`)
            .join(', ')}]`,
      ).join('\n')}\n`,
    ],
    ['hold themselves', 'a: &a [*a, *a]\n'],
    ['hold themselves as maps', 'a: &a {b: *a, c: *a}\n'],
  ])('says of aliases that %s that they stand for too much, and ends', (_what, text) => {
    const faults = new UsageFaults();
    const [document] = locatedDocuments({ name: 'm', text }, faults);
    document?.json();
    expect(faults.messages).toEqual([
      expect.stringMatching(/^m:\d+:\d+: Its aliases stand for more than the whole text could hold\.$/),
    ]);
  });
});
