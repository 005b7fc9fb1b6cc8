import { groupId } from '../../../domain/migrate/service-account.ts';
import type { Move } from '../apply/move.ts';

/** Those of a run that nothing has stopped, by `groupId`. */
export function goingBack(moves: readonly Move[]): ReadonlySet<string> {
  return new Set(
    moves.filter(({ failure }) => failure === undefined).map(({ workload }) => groupId(workload)),
  );
}
