import { quoted, type UsageFaults } from '../usage-faults.ts';

const flag = '--aks-custom-headers';

/** RFC 9110 §5.6.2, `token`. */
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** RFC 9110 §5.5: visible ASCII, space and tab; nothing that ends a line. */
const headerValue = /^[\t\x20-\x7e]*$/;

/**
 * podid's own to send, or what frames the message: to set one would break the request or weaken its guard.
 */
const refused =
  /^(?:authorization|user-agent|accept|accept-encoding|proxy-.*|host|if-.*|content-.*|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|cookie)$/i;

/**
 * `K=V,K2=V2`, as az takes it; unlike az's, a value may hold `=`. Several texts, for a flag given more than
 * once, add up. A name that comes twice, in any case, is a fault.
 */
export function parseCustomHeaders(
  faults: UsageFaults,
  texts: readonly string[],
): Readonly<Record<string, string>> {
  const headers = new Map<string, readonly [name: string, value: string]>();
  for (const pair of texts.flatMap((text) => text.split(','))) {
    const at = pair.indexOf('=');
    const name = (at < 0 ? pair : pair.slice(0, at)).trim();
    const problem = at < 0 ? 'is not of the form NAME=VALUE' : headerProblem(name, pair.slice(at + 1));
    if (problem !== undefined) {
      faults.add(flag, `${flag}: ${quoted(pair)} ${problem}.`);
    } else if (headers.has(name.toLowerCase())) {
      faults.add(flag, `${flag}: ${quoted(name)} is given twice.`);
    } else {
      headers.set(name.toLowerCase(), [name, pair.slice(at + 1)]);
    }
  }
  return Object.fromEntries(headers.values());
}

function headerProblem(name: string, value: string): string | undefined {
  if (!headerName.test(name)) {
    return "has no legal header name (RFC 9110: letters, digits and !#$%&'*+-.^_`|~)";
  }
  if (refused.test(name)) {
    return `names ${name}, which podid sets itself or which frames the request`;
  }
  if (!headerValue.test(value)) {
    return 'has a value with a line break or another character that no header may hold';
  }
  return undefined;
}
