/**
 * The lines of a text, broken between words: a terminal breaks within them. A word that is longer than a line stays
 * whole, so that an id can be copied.
 *
 * @param columns undefined: as wide as it gets
 * @param indent before each line that the text itself does not begin
 */
export function wrapText(text: string, columns: number | undefined, indent = ''): string[] {
  return text.split('\n').flatMap((line) => {
    if (columns === undefined || line.length <= columns) {
      return [line];
    }
    const lines: string[] = [];
    for (const word of line.split(' ')) {
      const last = lines.at(-1);
      if (last === undefined) {
        lines.push(word);
      } else if (last.length + 1 + word.length > columns) {
        lines.push(`${indent}${word}`);
      } else {
        lines.splice(-1, 1, `${last} ${word}`);
      }
    }
    return lines;
  });
}

/**
 * A message for a person, who may be at a terminal. What others said in it begins no line at the margin, where podid's
 * own `hint:` stands.
 */
export function wrapMessage(text: string, columns: number | undefined): string {
  return wrapText(text, columns, '  ').join('\n');
}
