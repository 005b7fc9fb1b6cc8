/**
 * The parameters by their names in lower case: IMDS takes them in any case, and `CLIENT_ID` left unread would
 * be answered with another identity than the one asked for. Undefined for a query that two parsers could read
 * differently: a name twice in whatever case, a broken percent sign, a control byte, or too much of it.
 */
export function decodeQuery(query: string): ReadonlyMap<string, string> | undefined {
  if (query.length > longestQuery) {
    return undefined;
  }
  const found = new Map<string, string>();
  for (const pair of query.split('&')) {
    if (pair === '') {
      continue;
    }
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))?.toLowerCase();
    const value = decode(equals < 0 ? '' : pair.slice(equals + 1));
    if (name === undefined || value === undefined || found.has(name)) {
      return undefined;
    }
    found.set(name, value);
  }
  return found;
}

const longestQuery = 8192;

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what is looked for
    return /[\u0000-\u001f\u007f]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
