/**
 * Whole seconds of a `Retry-After` header, which is a number of seconds or an HTTP date; at least 1.
 * Undefined when it is absent or makes no sense.
 */
export function parseRetryAfter(header: string | undefined, wallMs: number): number | undefined {
  if (header === undefined) {
    return undefined;
  }
  if (/^\s*\d{1,9}\s*$/.test(header)) {
    return Math.max(1, Number(header));
  }
  const at = /[a-z]/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isFinite(at) ? Math.max(1, Math.ceil((at - wallMs) / 1000)) : undefined;
}
