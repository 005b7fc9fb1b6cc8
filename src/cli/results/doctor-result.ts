import type { TableShape } from '../../terminal/print-result.ts';
import type { CheckResult } from '../../workflows/doctor/check.ts';

const marks: Readonly<Record<CheckResult['result'], string>> = {
  pass: '✓',
  fail: '✗',
  warn: '!',
  skip: '–',
};

/**
 * A line a check, and more where its words need them: what is cut off helps nobody. @param width of the
 * terminal; undefined: any
 */
export function doctorShape(width: number | undefined): TableShape {
  return {
    rows: ({ checks }: { readonly checks: readonly CheckResult[] }) => {
      const left = Math.max(...checks.map(({ name }) => name.length)) + marks.pass.length + 1;
      // Three blanks part the columns.
      const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(20, width - left - 3);
      return checks.flatMap((check) => linesOf(check, room));
    },
    columns: [
      { heading: 'CHECK', cell: (row: readonly string[]) => row[0] },
      { heading: 'FINDING', cell: (row: readonly string[]) => row[1] },
    ],
  };
}

function linesOf({ name, result, message, hint }: CheckResult, room: number): string[][] {
  const hints = hint === undefined || result === 'pass' ? [] : wrapped(`→ ${hint}`, room);
  const lines = [...wrapped(message, room), ...hints];
  return lines.map((line, index) => [index === 0 ? `${marks[result]} ${name}` : '', line]);
}

/** Breaks between words; a word longer than a line is broken where the line ends. */
function wrapped(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  const words = text.split(/\s+/).flatMap((word) => pieces(word, room));
  for (const word of words) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function pieces(word: string, room: number): string[] {
  if (word.length <= room) {
    return [word];
  }
  return [word.slice(0, room), ...pieces(word.slice(room), room)];
}
