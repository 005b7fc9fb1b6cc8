import type { Clock } from '../../../domain/time/clock.ts';
import type { RedirectRules } from '../redirect-rules.ts';
import type { RulesReport } from './published-addresses.ts';

/** A check of everything: how it began, and what it found. */
export interface FullCheck {
  readonly isFollowed: boolean;
  readonly atMs: number;
  readonly report: RulesReport;
  /** False: the guard could not be written, and is tried again at the next interval. */
  readonly isGuardKept: boolean;
}

/** The tables are as they were found: since before that reading, each change would have been reported. */
export function mayRely(
  { isFollowed, atMs, report, isGuardKept }: FullCheck,
  {
    rules,
    clock,
  }: { readonly rules: Pick<RedirectRules, 'isFollowed'>; readonly clock: Pick<Clock, 'monotonic'> },
  intervalMs: number,
): boolean {
  const ageMs = clock.monotonic() - atMs;
  const mostMs = Math.min(fullCheck.mostMs, fullCheck.everyIntervals * intervalMs);
  return isFollowed && rules.isFollowed && report.rules.intact && isGuardKept && ageMs < mostMs;
}

/** While the kernel reports each change of the tables, they are read back all the same. */
const fullCheck = { everyIntervals: 6, mostMs: 30_000 };
