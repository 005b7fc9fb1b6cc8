/** A request target, taken apart so that it can mean one thing only. */
export interface CanonicalTarget {
  /**
   * Lower case, decoded, without dots, doubled or trailing slashes: `/metadata/identity/oauth2/token`.
   * Decisions are made on this.
   */
  readonly path: string;
  /**
   * The decoded segments in the case they came in; letters, digits, `_` and `-` alone. What is forwarded is
   * built from these.
   */
  readonly segments: readonly string[];
  /** What followed the first `?`, as it came. */
  readonly query: string;
}

/** Longer ones are not requests for metadata. */
const longestTarget = 8192;

/**
 * Undefined for every target that two servers could read differently: a backslash, a control byte, anything
 * beyond ASCII, a percent sign that encodes nothing, an encoding of an encoding, a parameter in a segment, a
 * `?` or `#` inside the path. IMDS took `\` for `/` (CVE-2022-23551), so what it makes of any of
 * these is not worth finding out.
 *
 * @param target as in the request line: origin form, or absolute form
 */
export function canonicalTarget(target: string): CanonicalTarget | undefined {
  if (target.length > longestTarget) {
    return undefined;
  }
  const originForm = target.replace(/^https?:\/\/[^/?#\\%]*/i, '');
  const mark = originForm.indexOf('?');
  const decoded = decodeOnce(mark < 0 ? originForm : originForm.slice(0, mark));
  if (decoded === undefined || !decoded.startsWith('/')) {
    return undefined;
  }
  const parts = decoded.split('/');
  // Checked before the dots are resolved: a segment that they take away may be read as the end of the path.
  if (!parts.every((part) => plainPart.test(part))) {
    return undefined;
  }
  const segments = resolveDots(parts);
  return {
    path: `/${segments.join('/').toLowerCase()}`,
    segments,
    query: mark < 0 ? '' : originForm.slice(mark + 1),
  };
}

const plainPart = /^(?:[A-Za-z0-9_-]*|\.\.?)$/;

/** Undefined when a percent sign is left over: one decoding must be all there is to decode. */
function decodeOnce(path: string): string | undefined {
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return decoded.includes('%') ? undefined : decoded;
}

function resolveDots(parts: readonly string[]): string[] {
  const segments: string[] = [];
  for (const part of parts) {
    if (part === '..') {
      segments.pop();
    } else if (part !== '' && part !== '.') {
      segments.push(part);
    }
  }
  return segments;
}

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

/** Characters. */
export const longestQuery = 8192;

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text.replaceAll('+', ' '));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what is looked for
    return /[\u0000-\u001f\u007f]/.test(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}
