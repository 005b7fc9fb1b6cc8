/**
 * How long the server asks to wait, in milliseconds; undefined when it does not say. `Retry-After` is seconds
 * or an HTTP date (RFC 9110 §10.2.3); Azure's own spellings in milliseconds win, as in the SDK.
 */
export function retryAfterMs(
  headers: { get(name: string): string | undefined } | undefined,
  nowMs: number,
): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const ms = digits(headers?.get(name));
    if (ms !== undefined) {
      return ms;
    }
  }
  const value = headers?.get('retry-after');
  const seconds = digits(value);
  if (seconds !== undefined) {
    return seconds * 1000;
  }
  // Date.parse takes nearly anything, `-1` for one; an HTTP date ends in GMT.
  const dateMs = Date.parse(value?.endsWith('GMT') === true ? value : '');
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

function digits(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}
