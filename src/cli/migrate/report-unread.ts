import type { Reporter } from '../../domain/ports.ts';
import type { Unread } from '../../workflows/migrate/plan-migration.ts';

/** Warns of each thing that could not be read, so that nobody takes what is missing for what is not there. */
export function reportUnread(report: Pick<Reporter, 'warn'>, unread: readonly Unread[]): void {
  for (const { what, why } of unread) {
    report.warn(`podid could not read ${what}: ${why}`);
  }
}
