import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ChangeSession, endOfWait } from './change-session.ts';
import { followUpCommand } from './follow-up-command.ts';
import { judgeChange } from './judge-change.ts';
import type { ChangedProfile } from './profile-change.ts';
import { readWithRetry } from './wait-until-idle.ts';

export type Settled =
  | { readonly kind: 'settled'; readonly outcome: Omit<ChangedProfile, 'wrote'> }
  | { readonly kind: 'undone'; readonly cluster: Cluster; readonly what: string };

/**
 * Waits until the touched entries have come to an end, and says which. @throws PodidError TimedOut |
 * Interrupted | Terminated
 */
export async function settleChange(
  session: ChangeSession,
  cluster: Cluster,
  edit: ClusterEdit,
): Promise<Settled> {
  let current = cluster;
  const going = `Azure goes on with cluster ${cluster.id.name}.`;
  try {
    for (;;) {
      const verdict = judgeChange(current, edit);
      if (verdict.kind === 'done') {
        return { kind: 'settled', outcome: { cluster: current } };
      }
      if (verdict.kind === 'failed') {
        return { kind: 'settled', outcome: { cluster: current, failure: verdict.error } };
      }
      if (verdict.kind === 'undone') {
        return { kind: 'undone', cluster: current, what: verdict.what };
      }
      if (session.deadline.passed()) {
        throw new PodidError('TimedOut', `No end before --timeout: ${verdict.what}. ${going}`, {
          hint: followUpCommand(cluster.id, edit),
        });
      }
      session.deps.report.progress(`Azure is at work on ${verdict.what}`);
      await session.deadline.pause(session.options.pollIntervalMs);
      current = await readWithRetry(session.retry, cluster.id);
    }
  } catch (error) {
    throw endOfWait(session, error, going, followUpCommand(cluster.id, edit));
  }
}
