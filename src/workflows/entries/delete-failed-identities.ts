import { sameResource } from '../../domain/azure/resource-id.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import { counted } from '../../domain/counted.ts';
import type { Deps } from '../../domain/deps.ts';
import { entryProgress, entryText, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import {
  type ChangeDeps,
  type ChangeOptions,
  readGatedCluster,
  startChange,
} from '../change/start-change.ts';
import { decideDelete, removalDemands } from './delete-identity.ts';
import { removeIdentities } from './remove-identities.ts';
import { reportDeleted } from './report-written.ts';

export interface DeleteFailedRequest {
  readonly cluster: ClusterId;
  readonly revokeRole: boolean;
}

/**
 * Removes every entry that is Failed or whose managed identity is gone, in one PUT, after asking. @returns
 * the entries that went
 */
export async function deleteFailedIdentities(
  deps: Omit<Deps, 'deadline'>,
  request: DeleteFailedRequest,
  options: ChangeOptions,
): Promise<Outcome<readonly PodIdentity[]>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, removalDemands);
  const dead = await deadEntries(started, cluster);
  const nothing = { result: [], cluster };
  if (dead.length === 0) {
    deps.report.note('No entry is Failed, and every identity exists.');
    return options.dryRun ? { plan: { changes: [], puts: 0 } } : { done: nothing };
  }
  if (!options.dryRun) {
    for (const { entry, why } of dead) {
      deps.report.note(`${entryText(entry)}: ${why}`);
    }
    const question = `Remove ${dead.length} pod ${dead.length === 1 ? 'identity' : 'identities'} from cluster ${cluster.id.name}?`;
    if (!(await deps.confirm(question))) {
      return { done: nothing };
    }
  }
  const entries = dead.map(({ entry }) => entry);
  const removed = await removeIdentities(started, cluster, {
    entries,
    revokeRole: request.revokeRole,
    decide: (current) =>
      decideDelete(
        current,
        entries.filter((entry) => isStillDead(current, entry)),
      ),
  });
  if (removed.plan) {
    return removed;
  }
  reportDeleted(deps, removed.done.cluster, entries);
  const fixed = removed.done.result.filter((entry) => fixedSince(removed.done.cluster, entry));
  if (fixed.length > 0) {
    deps.report.note(`Fixed by someone else, so not removed: ${fixed.map(entryText).join(', ')}`);
  }
  return {
    done: { ...removed.done, result: removed.done.result.filter((entry) => !fixed.includes(entry)) },
  };
}

/** An entry that someone has fixed since it was looked at is not deleted. */
function isStillDead(current: Cluster, dead: PodIdentity): boolean {
  return findEntry(current, dead) !== undefined && !fixedSince(current, dead);
}

function fixedSince(current: Cluster, dead: PodIdentity): boolean {
  const now = findEntry(current, dead);
  if (now === undefined || entryProgress(now) === 'failed' || entryProgress(now) === 'deleting') {
    return false;
  }
  return entryProgress(dead) === 'failed' || !sameResource(now.identity.resourceId, dead.identity.resourceId);
}

interface DeadEntry {
  readonly entry: PodIdentity;
  readonly why: string;
}

async function deadEntries(deps: ChangeDeps, cluster: Cluster): Promise<DeadEntry[]> {
  deps.report.progress(
    `Checking which of ${counted(cluster.profile.identities.length, 'entry', 'entries')} failed`,
  );
  const found = await eachConcurrently(cluster.profile.identities, async (entry): Promise<DeadEntry[]> => {
    const reason = entry.error ? ` (${entry.error.code}: ${entry.error.message})` : '';
    if (entryProgress(entry) === 'failed') {
      return [{ entry, why: `${entry.provisioningState}${reason}` }];
    }
    return (await identityIsGone(deps, entry))
      ? [{ entry, why: `${entry.identity.resourceId} is gone` }]
      : [];
  });
  return found.flat();
}

/** What cannot be read is not gone. */
async function identityIsGone(deps: ChangeDeps, entry: PodIdentity): Promise<boolean> {
  try {
    await deps.azure.identities.get(entry.identity.resourceId, deps.signal);
    return false;
  } catch (error) {
    if (isPodidError(error, 'IdentityNotFound')) {
      return true;
    }
    if (!isPodidError(error) || deps.signal.aborted) {
      throw error;
    }
    deps.report.warn(`Cannot check whether ${entry.identity.resourceId} exists: ${error.message}`);
    return false;
  }
}
