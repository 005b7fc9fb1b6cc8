/** What no client id and no resource id of Azure has. */
export const noIdCharacter = /[\s\p{C}"'`<>{}\\$,;]|[^\p{ASCII}\p{L}\p{M}\p{N}]/u;

/**
 * Names the first of these characters, such as a line feed from a file or the
 * dashes and quotation marks of a text program: they are not seen in a log. Undefined for what may be an id.
 */
export function oddCharacterOf(id: string): string | undefined {
  const [odd] = noIdCharacter.exec(id) ?? [];
  return odd === undefined ? undefined : characterName(odd);
}

const names: Readonly<Record<string, string>> = {
  '\n': 'a line feed (%0A)',
  '\r': 'a carriage return (%0D)',
  '\t': 'a tab (%09)',
  ' ': 'a blank (%20)',
  '"': 'a quotation mark (%22)',
  "'": 'an apostrophe (%27)',
};

/** In words, as a log can show it. */
export function characterName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return names[character] ?? `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
