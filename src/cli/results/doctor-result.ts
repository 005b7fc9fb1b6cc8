import type { Colours } from '../../terminal/colours.ts';
import type { TableShape } from '../../terminal/print-result.ts';
import { wrapText } from '../../terminal/wrap-text.ts';
import type { CheckResult } from '../../workflows/doctor/check.ts';
import type { Diagnosis } from '../../workflows/doctor/diagnose.ts';

type Result = CheckResult['result'];

const marks: Readonly<Record<Result, string>> = { pass: '✓', fail: '✗', warn: '!', skip: '–' };

const paints: Readonly<Record<Result, keyof Colours>> = {
  pass: 'green',
  fail: 'red',
  warn: 'yellow',
  skip: 'dim',
};

interface Shown {
  readonly checks: readonly CheckResult[];
  readonly summary: Readonly<Record<Result, number>>;
}

/**
 * What `podid doctor` prints, members in the documented order.
 *
 * @param problemsOnly `--problems`: the checks that failed or warn; the summary counts all
 */
export function doctorView({ checks, fixed }: Diagnosis, problemsOnly: boolean): unknown {
  const shown = problemsOnly ? checks.filter(({ result }) => result === 'fail' || result === 'warn') : checks;
  const count = (wanted: Result) => checks.filter(({ result }) => result === wanted).length;
  return {
    checks: shown.map(({ name, result, message, hint }) => ({
      name,
      result,
      message,
      ...(hint === undefined ? {} : { hint }),
    })),
    summary: { pass: count('pass'), fail: count('fail'), warn: count('warn'), skip: count('skip') },
    ...(fixed === undefined ? {} : { fixed: fixed.map(({ check, message }) => ({ check, message })) }),
  };
}

/**
 * A line a check, more where its words need them, and how it stands altogether: what is cut off helps nobody.
 * A command in a hint is one line, however long: it is there to be copied.
 *
 * @param width of the terminal; undefined: any
 */
export function doctorShape(width: number | undefined): TableShape {
  return {
    columns: [],
    rows: (shown: Shown) => [shown],
    text({ checks, summary }: Shown, colour) {
      const name = Math.max(0, ...checks.map((check) => check.name.length));
      // The mark and a blank before it, three blanks behind it.
      const left = name + 5;
      const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(20, width - left);
      const lines = checks.flatMap((check) => linesOf(check, { left, room, colour }));
      const head = lines.length === 0 ? [] : [colour.bold(`${'CHECK'.padEnd(left)}FINDING`), ...lines, ''];
      return `${[...head, summaryText(summary, colour)].join('\n')}\n`;
    },
  };
}

function linesOf(
  { name, result, message, hint }: CheckResult,
  { left, room, colour }: { readonly left: number; readonly room: number; readonly colour: Colours },
): string[] {
  const paint = colour[paints[result]];
  const [first = '', ...more] = wrapped(message, room);
  const hints = hint === undefined || result === 'pass' ? [] : [`  ${colour.cyan('→')} ${hint}`];
  return [
    `${paint(`${marks[result]} ${name}`)}${' '.repeat(left - name.length - 2)}${first}`.trimEnd(),
    ...more.map((line) => `${' '.repeat(left)}${line}`),
    ...hints,
  ];
}

/** What there is none of needs no word, but for what is well. */
function summaryText({ pass, fail, warn, skip }: Shown['summary'], colour: Colours): string {
  const parts = [
    [fail, 'failed', colour.red],
    [warn, warn === 1 ? 'warning' : 'warnings', colour.yellow],
    [skip, 'skipped', colour.dim],
    [pass, 'passed', colour.green],
  ] as const;
  const told = parts.filter(([count, what]) => count > 0 || what === 'passed');
  const text = told.map(([count, what, paint]) => (count > 0 ? paint(`${count} ${what}`) : `0 ${what}`));
  const all = pass + fail + warn + skip;
  return `${all} ${all === 1 ? 'check' : 'checks'}: ${text.join(', ')}.`;
}

/** An id that is longer than a line is broken where the line ends, for the column to keep its shape. */
function wrapped(text: string, room: number): string[] {
  const whole = Number.isFinite(room)
    ? text
        .split(' ')
        .flatMap((word) => pieces(word, room))
        .join(' ')
    : text;
  return wrapText(whole, room);
}

function pieces(word: string, room: number): string[] {
  return word.length <= room ? [word] : [word.slice(0, room), ...pieces(word.slice(room), room)];
}
