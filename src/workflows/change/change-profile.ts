import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import { checkLimits } from '../../domain/entries/limits.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { editProfile, type ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { type ChangeSession, endOfWait } from './change-session.ts';
import { acceptor, clusterBusy, followUpCommand } from './follow-up-command.ts';
import { findEntry, judgeChange } from './judge-change.ts';
import type { ChangedProfile, ProfileChange } from './profile-change.ts';
import { putProfile } from './put-profile.ts';
import { settleChange } from './settle-change.ts';
import { readWithRetry, waitUntilIdle } from './wait-until-idle.ts';

/**
 * Brings one intent into the cluster's profile: decide on what is there now, PUT, follow, and judge by a
 * fresh read. A stale or busy cluster is read again and the same intent applied to what is there then, until
 * `--timeout`.
 *
 * @param start the cluster as read for the checks; written from only if it has an eTag, else read again first
 * @throws PodidError what `decide` throws, and every code of `Clusters.put` and `Clusters.follow`
 */
export async function changeProfile(
  session: ChangeSession,
  start: Cluster,
  change: ProfileChange,
): Promise<ChangedProfile> {
  try {
    return await changeUntilSettled(session, start, change);
  } catch (error) {
    throw endOfWait(
      session,
      error,
      `The pod identities of cluster ${start.id.name} were not written.`,
      start.id.mode === 'cluster' ? followUpCommand(start.id, {}) : nextCommand('status', start.id),
    );
  }
}

async function changeUntilSettled(
  session: ChangeSession,
  start: Cluster,
  change: ProfileChange,
): Promise<ChangedProfile> {
  const isVersioned = start.eTag !== undefined || start.profile.objects !== undefined;
  let current = isVersioned ? start : await readWithRetry(session.retry, start.id);
  let wrote = false;
  const tries = { transientFailures: 0, assignment: 0 };
  for (;;) {
    const decision = change.decide(current);
    if (decision.kind === 'nothing') {
      return { cluster: current, wrote };
    }
    if (decision.kind === 'wait-gone') {
      current = await waitGone(session, current, decision.keys);
      continue;
    }
    if (decision.kind === 'write') {
      if (isBusy(current)) {
        current = await idleCluster(session, current);
        continue;
      }
      checkLimits(current, editProfile(current.profile, decision.edit));
      const written = await putProfile(session, current, { change, edit: decision.edit, tries });
      current = written.cluster;
      if (written.kind === 'again') {
        continue;
      }
      wrote = true;
      if (written.failure) {
        return { cluster: current, wrote, failure: entryFailure(current, decision.edit) ?? written.failure };
      }
    }
    if (session.options.noWait) {
      return { cluster: current, wrote };
    }
    const settled = await settleChange(session, current, decision.edit);
    if (settled.kind === 'settled') {
      return { ...settled.outcome, wrote };
    }
    current = acceptUndone(session, settled.cluster, settled.what);
  }
}

/** Why a touched entry failed tells more than why the operation did. */
function entryFailure(cluster: Cluster, edit: ProfileEdit): PodidError | undefined {
  const verdict = judgeChange(cluster, edit);
  return verdict.kind === 'failed' ? verdict.error : undefined;
}

/**
 * Without an eTag another writer may have overwritten us, and the entry is written again; with one, someone
 * took it back on purpose.
 */
function acceptUndone(session: ChangeSession, cluster: Cluster, what: string): Cluster {
  const isVersioned = cluster.eTag !== undefined || cluster.profile.objects !== undefined;
  if (isVersioned || session.deadline.passed()) {
    throw new PodidError(
      'EntriesLost',
      `${acceptor(cluster.id)} accepted the change of cluster ${cluster.id.name}, and someone else has undone it since: ${what}.`,
      { hint: `${nextCommand('list', cluster.id)} shows what is there now`, target: cluster.resourceId },
    );
  }
  session.deps.report.warn(`Another writer has undone the change (${what}); writing it again.`);
  return cluster;
}

async function idleCluster(session: ChangeSession, cluster: Cluster): Promise<Cluster> {
  const idle = session.options.noWait ? cluster : await waitUntilIdle(session.retry, cluster.id);
  if (isBusy(idle)) {
    throw clusterBusy(idle);
  }
  return idle;
}

async function waitGone(
  session: ChangeSession,
  cluster: Cluster,
  keys: readonly EntryKey[],
): Promise<Cluster> {
  let current = cluster;
  while (keys.some((key) => findEntry(current, key) !== undefined)) {
    if (session.options.noWait || session.deadline.passed()) {
      throw clusterBusy(current);
    }
    session.deps.report.progress(`Azure is still deleting the old ${keys.map(entryText).join(', ')}`);
    await session.deadline.pause(session.options.pollIntervalMs);
    current = await readWithRetry(session.retry, current.id);
  }
  return current;
}
