import type { RoleGrant } from '../../domain/azure/role-assignment.ts';
import { advice } from '../../errors/hint.ts';
import { type ChangeDeps, endOfWait } from '../change/start-change.ts';

/**
 * Assigns a role; `created` is false where it was assigned already. Azure may refuse for as long as it does
 * not know a new principal, so that it is asked again and again until `--timeout` ends.
 *
 * @throws PodidError Forbidden | RoleAssignmentBlocked | Unavailable | TimedOut
 */
export async function createRole(
  deps: Pick<ChangeDeps, 'azure' | 'deadline' | 'options' | 'signal'>,
  grant: RoleGrant,
): Promise<{ readonly created: boolean }> {
  try {
    return await deps.deadline.within((signal) => deps.azure.roles.create(grant, signal));
  } catch (error) {
    throw endOfWait(
      deps,
      error,
      `Azure may not have assigned the role on ${grant.scope}.`,
      advice`Run the same command again, or give it longer: --timeout 60m`,
    );
  }
}
