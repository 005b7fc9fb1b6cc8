import { longestRetryAfterMs, parseRetryAfter } from '../../domain/time/retry-after.ts';

/**
 * How long Azure asks to wait, in milliseconds; undefined when it does not say. Its own spellings in
 * milliseconds win over `Retry-After`, as in the SDK.
 */
export function azureRetryAfterMs(
  headers: { get(name: string): string | undefined } | undefined,
  nowMs: number,
): number | undefined {
  for (const name of ['retry-after-ms', 'x-ms-retry-after-ms']) {
    const value = headers?.get(name)?.trim() ?? '';
    if (/^\d+$/.test(value)) {
      return Math.min(longestRetryAfterMs, Number(value));
    }
  }
  return parseRetryAfter(headers?.get('retry-after'), nowMs);
}
