/**
 * Takes from a server's or a user's text what would steer a terminal: control characters and escapes become
 * `?`. Line breaks stay unless the text has to fit one line.
 */
export function plainText(text: string, lines: 'many' | 'one' = 'many'): string {
  const flat = lines === 'one' ? text.replace(/\s*[\r\n]+\s*/g, ' ') : text.replace(/\r\n?/g, '\n');
  return flat.replace(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, '?');
}
