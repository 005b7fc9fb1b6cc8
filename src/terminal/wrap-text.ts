import { heldBlank } from '../errors/hint.ts';

/**
 * The lines of a text, broken between words: a terminal breaks within them. A word that is longer than a line stays
 * whole, so that an id can be copied, and so does a command, whose blanks are held; what holds them is left in place.
 *
 * @param columns undefined: as wide as it gets
 * @param indent before each line that the text itself does not begin; by the line, where it is a function
 */
export function wrapText(
  text: string,
  columns: number | undefined,
  indent: string | ((line: string) => string) = '',
): string[] {
  return text.split('\n').flatMap((line) => {
    if (columns === undefined || shownLength(line) <= columns) {
      return [line];
    }
    const before = typeof indent === 'string' ? indent : indent(line);
    const lines: string[] = [];
    for (const [, blanks = '', word = ''] of line.matchAll(/( *)([^ ]+)/g)) {
      const last = lines.at(-1);
      if (last === undefined) {
        lines.push(`${blanks}${word}`);
      } else if (shownLength(last) + blanks.length + shownLength(word) > columns && !isMark(last)) {
        lines.push(`${before}${word}`);
      } else {
        lines.splice(-1, 1, `${last}${blanks}${word}`);
      }
    }
    return lines;
  });
}

/**
 * A message for a person, who may be at a terminal, as it is written. What others said in it begins no line at the
 * margin, where podid's own `hint:` stands.
 */
export function wrapMessage(text: string, columns: number | undefined): string {
  return released(wrapText(text, columns, '  ').join('\n'));
}

/** A result for people, as it is written: each line goes on below its own words, and beside a mark that it begins with. */
export function wrapResult(text: string, columns: number | undefined): string {
  return released(wrapText(text, columns, hangingIndent).join('\n'));
}

/** With the blanks of its commands: nothing breaks its lines any more. */
export function released(text: string): string {
  return text.replaceAll(heldBlank, ' ');
}

/** `→` alone leads to nothing. */
function isMark(line: string): boolean {
  return shownLength(line.trimStart()) === 1;
}

function hangingIndent(line: string): string {
  const [margin = ''] = /^ */.exec(line) ?? [];
  return `${margin}  `;
}

/** What a terminal obeys takes no room: colours are the only such thing in these texts. */
function shownLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what colours are made of.
  return text.replace(/\u001b\[[\d;]*m/g, '').length;
}
