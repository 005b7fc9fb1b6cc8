import type { Cluster } from '../../domain/clusters/cluster.ts';
import {
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { findConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import type { ChangeDeps } from '../change/start-change.ts';

/**
 * Before anything is created or granted for a write that Azure would refuse: an entry whose managed identity is
 * gone keeps every change of the profile from being accepted. What cannot be read is not held against an entry.
 *
 * @param touched the entries that the write puts or deletes
 * @throws PodidError AssignmentBlocked
 */
export async function refuseDeadEntry(
  deps: Pick<ChangeDeps, 'azure' | 'entries' | 'signal'>,
  cluster: Cluster,
  touched: readonly EntryKey[],
): Promise<void> {
  if (!deps.entries.deadEntryBlocks) {
    return;
  }
  const others = cluster.profile.identities.filter(
    (entry) => entryProgress(entry) !== 'deleting' && !touched.some((key) => sameEntry(key, entry)),
  );
  const byId = new Map(others.map((entry) => [entry.identity.resourceId.toLowerCase(), entry]));
  const dead = await findConcurrently([...byId.values()], async (entry) =>
    (await isGone(deps, entry)) ? entry : undefined,
  );
  if (dead !== undefined) {
    throw identityGone(cluster, dead);
  }
}

async function isGone(
  { azure, signal }: Pick<ChangeDeps, 'azure' | 'signal'>,
  { identity }: PodIdentity,
): Promise<boolean> {
  try {
    await azure.identities.get(identity.resourceId, signal);
    return false;
  } catch (error) {
    signal.throwIfAborted();
    if (isPodidError(error)) {
      return error.code === 'IdentityNotFound';
    }
    throw error;
  }
}

export function identityGone(cluster: Cluster, entry: PodIdentity): PodidError {
  return new PodidError(
    'AssignmentBlocked',
    `Azure refuses every change of the profile of cluster ${cluster.id.name} because of entry ${entryText(entry)}: its managed identity ${entry.identity.resourceId} is gone.`,
    {
      hint: nextCommand('delete', cluster.id, { namespace: entry.namespace, name: entry.name }),
      target: entry.identity.resourceId,
    },
  );
}
