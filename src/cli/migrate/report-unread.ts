import type { Reporter } from '../../domain/ports.ts';
import type { Unread } from '../../workflows/migrate/plan-migration.ts';

/** Warns of each thing that could not be read, each reason once, so that nobody takes what is missing for what is not there. */
export function reportUnread(report: Pick<Reporter, 'warn'>, unread: readonly Unread[]): void {
  const byReason = new Map<string, string[]>();
  for (const { what, why } of unread) {
    byReason.set(why, [...(byReason.get(why) ?? []), what]);
  }
  for (const [why, all] of byReason) {
    report.warn(`podid could not read ${all.join('; ')}: ${why}`);
  }
}
