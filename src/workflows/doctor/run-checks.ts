import type { Check, CheckResult } from './check.ts';
import type { Evidence } from './evidence.ts';

/**
 * Judges link by link, in order; what lies behind a link that failed is skipped, since it could only repeat
 * that failure.
 */
export function runChecks(checks: readonly Check[], evidence: Evidence): CheckResult[] {
  const results: CheckResult[] = [];
  /** Checks that say nothing, by the failed one that keeps them from it. */
  const blockedBy = new Map<string, string>();
  for (const { name, behind, judge } of checks) {
    const blocker = behind.map((before) => blockedBy.get(before)).find((found) => found !== undefined);
    if (blocker !== undefined) {
      blockedBy.set(name, blocker);
      results.push({ name, result: 'skip', message: `Not judged before "${blocker}" is fixed.` });
      continue;
    }
    const verdict = judge(evidence);
    if (verdict.result === 'fail') {
      blockedBy.set(name, name);
    }
    results.push({ name, ...verdict });
  }
  return results;
}
