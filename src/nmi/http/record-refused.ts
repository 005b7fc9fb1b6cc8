import type { Clock } from '../../domain/time/clock.ts';
import type { DecisionLog } from '../observe/decision-log.ts';
import type { NmiMetrics } from '../observe/nmi-metrics.ts';
import type { Exchange } from './answer.ts';
import type { ErrorAnswer } from './error-answer.ts';

/** What is refused outside the token routes is counted and logged as they do it. */
export function recordRefused({
  log,
  counters,
  clock,
}: {
  readonly log: DecisionLog;
  readonly counters: NmiMetrics;
  readonly clock: Pick<Clock, 'monotonic'>;
}) {
  return ({ request, peer, startedAt }: Exchange, { status, reason }: ErrorAnswer): void => {
    counters.refused(reason);
    log.record({
      kind: 'other',
      pod: peer,
      uid: '',
      identity: '',
      clientId: '',
      from: '',
      status,
      reason,
      // A path that has no one meaning is not logged, and a query may hold anything.
      resource: reason === 'bad-path' ? '' : ((request.url ?? '').split('?')[0] ?? ''),
      ms: clock.monotonic() - startedAt,
    });
  };
}
