import type { ClusterObjects } from '../../domain/kubernetes/cluster-objects.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import { type ControllerLock, isLeading } from '../../domain/standard-mode/controller.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { isPodidError } from '../../errors/podid-error.ts';

type Api = Pick<ClusterObjects, 'standardMode'>;

/** What a controller of standard mode has assigned: it, and not podid's commands, puts identities on machines. */
export interface ControllerSide {
  readonly assignments: readonly LiveAssignment[];
}

/**
 * Undefined where none leads, and where that cannot be seen: for want of a right, or behind a command that Azure
 * runs. @throws PodidError ClusterUnreachable
 */
export async function readController(
  api: Api,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<ControllerSide | undefined> {
  const leader = await findLeader(api, clock, signal);
  const assignments = leader && (await unlessForbidden(api.standardMode?.assignments(signal)));
  return assignments && { assignments };
}

/** The lock of the controller that leads; undefined as `readController` has it. */
export async function findLeader(
  { standardMode }: Api,
  clock: Pick<Clock, 'now'>,
  signal: AbortSignal,
): Promise<ControllerLock | undefined> {
  const locks = await unlessForbidden(standardMode?.locks([], signal));
  return locks?.find((lock) => isLeading(lock, clock.now()));
}

/** What a caller without the right does not see. */
export async function unlessForbidden<Value>(read: Promise<Value> | undefined): Promise<Value | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isPodidError(error, 'Forbidden')) {
      return undefined;
    }
    throw error;
  }
}
