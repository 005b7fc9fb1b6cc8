/**
 * Why a query cannot be read, or an id in it is none: in words that name the parameter and the character, since a
 * line feed from a file, or a quotation mark from a template, is not seen in a log.
 */
export function explainQuery(query: string, longest: number): string {
  if (query.length > longest) {
    return `The query is longer than ${longest} characters.`;
  }
  const seen = new Set<string>();
  for (const pair of query.split('&').filter((each) => each !== '')) {
    const equals = pair.indexOf('=');
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals));
    const value = decoded(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined) {
      return `The query is malformed: ${JSON.stringify(pair.slice(0, 80))} has a broken percent sign.`;
    }
    const lower = name.toLowerCase();
    if (seen.has(lower)) {
      return `The query names the parameter ${printable(lower)} twice.`;
    }
    seen.add(lower);
    const control = /\p{Cc}/u.exec(`${name}${value}`)?.[0];
    if (control !== undefined) {
      return `The query variable ${printable(lower)} holds ${nameOf(control)}.`;
    }
  }
  return 'The query is malformed.';
}

/**
 * Names the first character that no client id and no resource id of Azure has, as the dashes and quotation marks of a
 * text program; undefined for what may be an id.
 */
export function explainId(name: string, value: string | undefined): string | undefined {
  const [odd] = /[\s\p{C}"'`<>{}\\$,;]|[^\p{ASCII}\p{L}\p{M}\p{N}]/u.exec(value ?? '') ?? [];
  return odd === undefined ? undefined : `The query variable ${name} holds ${nameOf(odd)}, which no id has.`;
}

const names: Readonly<Record<string, string>> = {
  '\n': 'a line feed (%0A)',
  '\r': 'a carriage return (%0D)',
  '\t': 'a tab (%09)',
  ' ': 'a blank (%20)',
  '"': 'a quotation mark (%22)',
  "'": 'an apostrophe (%27)',
};

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return names[character] ?? `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

function printable(name: string): string {
  return JSON.stringify(name.slice(0, 40));
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
