import { describe, expect, it } from 'vitest';
import { advice, command, type Hint, hintText } from '../../src/errors/hint.ts';
import { PodidError } from '../../src/errors/podid-error.ts';
import { noColours, terminalColours } from '../../src/terminal/colours.ts';
import { errorReport } from '../../src/terminal/report-error.ts';

const plain = {
  colour: noColours,
  stack: false,
  version: '1.2.3',
  hintText: (hint: Hint) => hintText(hint, 'posix', 'held'),
} as const;

describe('the report of an error', () => {
  const error = new PodidError('Forbidden', 'No right\u001b[2J.', {
    hint: advice`ask somebody`,
    details: [
      { code: 'A', message: 'one' },
      { code: 'B', message: 'two' },
    ],
    requestId: 'r-1',
    correlationId: 'c-1',
    target: '/x',
    cause: new Error('below'),
  });

  it('is message, details, ids and hint', () => {
    expect(errorReport(error, { ...plain, json: false })).toEqual({
      exitCode: 6,
      text: 'podid: No right\\u001b[2J.\n  A: one\n  B: two\n  (request r-1, correlation c-1)\nhint: ask somebody\n',
    });
  });

  it('is one line of JSON with every member', () => {
    const { text } = errorReport(error, { ...plain, json: true });
    expect(text.split('\n')).toHaveLength(2);
    expect(JSON.parse(text)).toEqual({
      code: 'Forbidden',
      message: 'No right\u001b[2J.',
      hint: 'ask somebody',
      details: [
        { code: 'A', message: 'one' },
        { code: 'B', message: 'two' },
      ],
      requestId: 'r-1',
      correlationId: 'c-1',
      target: '/x',
    });
  });

  it('breaks a long message between words, and what others said in it begins no line at the margin', () => {
    const long = new PodidError('Forbidden', `${'word '.repeat(12)}hint: podid delete --all`, {
      hint: advice`what is there now is told, with a reason, by ${command('podid list --namespace', 'demo'.repeat(20))}`,
    });
    const { text } = errorReport(long, { ...plain, json: false, width: 40 });
    const lines = text.trimEnd().split('\n');
    expect(lines.slice(0, -1).every((line) => line.length <= 40)).toBe(true);
    expect(lines.filter((line) => !line.startsWith('  '))).toEqual([lines[0], lines.at(-3)]);
    expect(lines.slice(-3)).toEqual([
      'hint: what is there now is told, with a',
      '  reason, by',
      `  podid list --namespace ${'demo'.repeat(20)}`,
    ]);
    expect(JSON.parse(errorReport(long, { ...plain, json: true, width: 40 }).text).hint).toMatch(
      / by podid list --namespace demo/,
    );
  });

  it('shows stacks, causes included, with --debug', () => {
    expect(errorReport(error, { ...plain, json: false, stack: true }).text).toContain(
      'caused by:\nError: below',
    );
  });

  it('colours the words and nothing else', async () => {
    const { text } = errorReport(error, { ...plain, colour: await terminalColours(), json: false });
    expect(text).toContain('\u001b[31mpodid:\u001b[39m No right\\u001b[2J.');
  });

  it.each([new TypeError('x is undefined'), 'a string', undefined])(
    'calls %s a fault of its own, with exit 1',
    (bug) => {
      const { text, exitCode } = errorReport(bug, { ...plain, json: false });
      expect(exitCode).toBe(1);
      expect(text).toContain('podid 1.2.3 failed unexpectedly');
      const asJson = errorReport(bug, { ...plain, json: true }).text;
      expect(JSON.parse(asJson)).toMatchObject({ code: 'InternalError' });
    },
  );
});
