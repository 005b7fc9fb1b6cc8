import { withoutAddon } from '../../domain/entries/without-addon.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import type { Done } from '../../workflows/change/outcome.ts';
import type { Session } from '../run/session.ts';

/** An empty table is nothing at all; somebody at a terminal is told what it means, and what comes next. */
export function reportEmptyList(
  session: Session,
  { result, cluster }: Done<readonly unknown[]>,
  what: 'pod identity' | 'exception',
  addWords: string,
): void {
  if (result.length > 0 || !session.context.stdout.isTerminal) {
    return;
  }
  if (!cluster.profile.enabled) {
    const enable = nextCommand('enable', cluster.id);
    session.report.note(
      `Pod identity is off on cluster ${cluster.id.name}. To turn it on: ${enable}; or, without the add-on, ${withoutAddon}`,
    );
    return;
  }
  const add = `${nextCommand(addWords, cluster.id)} --help`;
  session.report.note(
    `Nothing to list: there is no such ${what} on cluster ${cluster.id.name}. To add one: ${add}`,
  );
}
