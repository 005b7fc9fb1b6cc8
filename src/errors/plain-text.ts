/**
 * What a terminal obeys or hides, everywhere the same: controls (C0, DEL, C1), marks of direction and of no
 * width, separators of lines, halves of surrogate pairs, and what is drawn as nothing (fillers, selectors of
 * variants). Tab and line break are judged where they stand.
 */
const obeyed = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;

/**
 * Takes from a server's, a tenant's or a user's text what would steer a terminal, and shows it as an escape:
 * `\u001b`. Line breaks and tabs stay unless the text has to fit one line.
 */
export function plainText(text: string, lines: 'many' | 'one' = 'many'): string {
  const flat = lines === 'one' ? text.replace(/\s*[\r\n\t]+\s*/g, ' ') : text.replace(/\r\n?/g, '\n');
  return flat.replace(obeyed, (letter) => (letter === '\n' || letter === '\t' ? letter : escaped(letter)));
}

/**
 * A text as one message. What podid writes begins at the margin, so every further line, which can come from
 * others alone, is marked: none of them passes for a line of podid's own, as `hint: …`.
 */
export function messageText(text: string): string {
  return plainText(text).replaceAll('\n', '\n  | ');
}

/** JSON with nothing in it that a terminal obeys; whoever parses it gets the same value. @param space as JSON.stringify */
export function jsonText(value: unknown, space = 0): string {
  return jsonEscapes(JSON.stringify(value, null, space));
}

/** The same of JSON that is text already. */
export function jsonEscapes(json: string): string {
  return json.replace(obeyed, (letter) => (letter === '\n' ? letter : jsonEscape(letter)));
}

/** YAML in which every text that holds such a letter stands in double quotes. */
export function yamlEscapes(yaml: string): string {
  return yaml.replace(obeyed, (letter) => {
    const code = letter.codePointAt(0)?.toString(16) ?? '';
    return letter === '\n'
      ? letter
      : code.length > 4
        ? `\\U${code.padStart(8, '0')}`
        : `\\u${code.padStart(4, '0')}`;
  });
}

/** Whether a text holds what a terminal obeys; a line break is that, too. */
export function isObeyed(text: string): boolean {
  return text.search(obeyed) >= 0;
}

function escaped(letter: string): string {
  const code = letter.codePointAt(0) ?? 0;
  return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** UTF-16 units, as JSON has them. */
function jsonEscape(letter: string): string {
  return Array.from({ length: letter.length }, (_, at) => escaped(letter.charAt(at))).join('');
}

/**
 * The text of a file or of stdin, by the byte order mark at its beginning, which is left out: UTF-16 as PowerShell 5.1
 * writes it with `>`, or UTF-8. Without a mark it is UTF-16 where a zero is one of the first two bytes, which belong to
 * a letter of ASCII then, and else UTF-8; bytes that are not become U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

function encodingOf([first, second]: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  if (first === undefined || second === undefined) {
    return 'utf-8';
  }
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) {
    return 'utf-16le';
  }
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : 'utf-8';
}
