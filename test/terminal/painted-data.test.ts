import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noColours } from '../../src/terminal/colours.ts';
import { resultText } from '../../src/terminal/print-result.ts';

const shape = { rows: (value: unknown) => [value], columns: [] };
const output = { width: 80, isTerminal: true, signs: String, hintText: String };
const marks = {
  ...noColours,
  cyan: (text: string) => `‹${text}›`,
  green: (text: string) => `«${text}»`,
  yellow: (text: string) => `⟨${text}⟩`,
};

describe('data in colour', () => {
  it('tells keys, texts and other values of JSON apart', async () => {
    const value = { name: 'a "b": 1', many: [1, -2.5e-7, true, null] };
    expect(await resultText(value, shape, { ...output, format: 'jsonc', colour: marks })).toBe(
      [
        '{',
        '  ‹"name"›: «"a \\"b\\": 1"»,',
        '  ‹"many"›: [',
        '    ⟨1⟩,',
        '    ⟨-2.5e-7⟩,',
        '    ⟨true⟩,',
        '    ⟨null⟩',
        '  ]',
        '}',
        '',
      ].join('\n'),
    );
  });

  it('shows the keys of YAML', async () => {
    const value = { name: 'web', list: [{ 'a: b': 1, c: 'x: y' }] };
    expect(await resultText(value, shape, { ...output, format: 'yamlc', colour: marks })).toBe(
      '‹name›: web\n‹list›:\n  - ‹"a: b"›: 1\n    ‹c›: "x: y"\n',
    );
  });

  it('has the letters that it has without colours', async () => {
    const unpainted = (text: string) => text.replace(/[‹›«»⟨⟩]/g, '');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ noUnicodeString: true }), async (value) => {
        for (const format of ['json', 'yaml'] as const) {
          const plain = await resultText(value, shape, { ...output, format, colour: noColours });
          const painted = await resultText(value, shape, { ...output, format: `${format}c`, colour: marks });
          expect(unpainted(painted)).toBe(plain);
        }
      }),
    );
  });
});
