/** What the most lenient reader imaginable makes of a request target. */
export interface LiberalTarget {
  /**
   * Lower case, without doubled slashes, dots, backslashes or control bytes:
   * `/metadata/identity/oauth2/token`.
   */
  readonly path: string;
  /** Names in lower case; the first value of each. */
  readonly query: ReadonlyMap<string, string>;
}

/**
 * Reads a request target as leniently as any server could: percent-encodings undone however often they were
 * applied, case ignored, `\` as `/`, control bytes dropped, slashes and dots collapsed, path parameters and
 * an authority left out. A proxy is safe in front of IMDS when even this reader sees a token request only
 * where the proxy meant one.
 */
export function readLiberally(target: string): LiberalTarget {
  const plain = undoEncodings(target);
  const mark = plain.search(/[?#]/);
  const rawPath = mark < 0 ? plain : plain.slice(0, mark);
  return { path: collapse(rawPath), query: parseQuery(mark < 0 ? '' : plain.slice(mark + 1)) };
}

/** Ends because each round that changes anything makes the text shorter. */
function undoEncodings(text: string): string {
  let plain = text;
  for (;;) {
    const next = plain
      .replace(/%u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(controlBytes, '');
    if (next === plain) {
      return plain;
    }
    plain = next;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: dropping control bytes is what this reader is for
const controlBytes = /[\u0000-\u0020\u007f-\u00a0]/g;

function collapse(path: string): string {
  const withoutAuthority = path.replace(/^[a-z][a-z0-9+.-]*:[\\/]{2}[^\\/]*/i, '');
  const segments: string[] = [];
  for (const raw of withoutAuthority.toLowerCase().replaceAll('\\', '/').split('/')) {
    const segment = raw.replace(/;.*$/, '');
    if (segment === '..') {
      segments.pop();
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  return `/${segments.join('/')}`;
}

function parseQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const pair of text.split(/[&;?#]/)) {
    const equals = pair.indexOf('=');
    const name = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    if (name !== '' && !query.has(name)) {
      query.set(name, equals < 0 ? '' : pair.slice(equals + 1));
    }
  }
  return query;
}
