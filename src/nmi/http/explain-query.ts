import { characterName } from '../../domain/azure/odd-character.ts';

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
      return `The query variable ${printable(lower)} holds ${characterName(control)}.`;
    }
  }
  return 'The query is malformed.';
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
