import type { UsageFaults } from '../usage-faults.ts';
import { quoted } from '../usage-faults.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Timers of Node overflow past 2^31 - 1 ms; a day less than that is still far more than any operation of
 * Azure takes.
 */
export const longestWaitMs = 23 * 24 * 3_600_000;

const pattern = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/;

/** What is wrong with a text that `parseDuration` does not take, as what it has to be. */
export function durationRule(text: string): string {
  return pattern.test(text)
    ? `more than 0 and at most ${longestWaitMs / 3_600_000}h`
    : 'a duration with one unit, such as 15s or 3m';
}

/** `500ms`, `90s`, `5m`, `2h`, in milliseconds; undefined for anything else, nothing and zero included. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit] = pattern.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    return undefined;
  }
  const ms = Math.round(Number(digits) * (unitMs[unit] ?? Number.NaN));
  return ms >= 1 && ms <= longestWaitMs ? ms : undefined;
}

/** The duration of a flag or a variable, or the fallback; a fault where it is none. */
export function durationOf(
  faults: UsageFaults,
  source: string,
  text: string | undefined,
  fallbackMs: number,
): number {
  if (text === undefined) {
    return fallbackMs;
  }
  const ms = parseDuration(text);
  if (ms === undefined) {
    const fault = pattern.test(text)
      ? `${quoted(text)} is not a length of time that can be waited: ${durationRule(text)}.`
      : `${quoted(text)} is not a duration: 500ms, 90s, 5m, 1h.${nearest(text)}`;
    faults.add(source, `${source}: ${fault}`);
  }
  return ms ?? fallbackMs;
}

function nearest(text: string): string {
  return parseDuration(`${text}s`) === undefined ? '' : ` Nearest: ${text}s`;
}
