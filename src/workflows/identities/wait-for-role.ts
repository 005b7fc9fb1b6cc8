import type { Cluster } from '../../domain/clusters/cluster.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { Decision } from '../change/profile-change.ts';
import type { ChangeDeps } from '../change/start-change.ts';

/** Azure says that a role may take an hour to be seen; longer than this it is not about the role. */
const longestPropagationMs = 90 * 60_000;

/**
 * Ends the tries of a change whose roles were just granted, for commands without a time limit of their own.
 *
 * @throws PodidError AssignmentPending, from the decision
 */
export function untilRoleIsOld(
  { clock, deadline }: Pick<ChangeDeps, 'clock' | 'deadline'>,
  decide: (cluster: Cluster) => Decision,
): (cluster: Cluster) => Decision {
  const startedMs = clock.now();
  return (cluster) => {
    if (deadline.passed() || clock.now() - startedMs <= longestPropagationMs) {
      return decide(cluster);
    }
    throw new PodidError(
      'AssignmentPending',
      `The roles are granted, but Azure does not see them yet after ${longestPropagationMs / 60_000} minutes.`,
      {
        hint: advice`Look for a deny assignment or a role condition; the same command resumes`,
        target: cluster.resourceId,
      },
    );
  };
}
