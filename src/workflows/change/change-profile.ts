import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import { type EntryKey, entryText } from '../../domain/entries/pod-identity.ts';
import { checkLimits, editProfile, type ProfileEdit } from '../../domain/entries/profile-edit.ts';
import { nextCommand } from '../../domain/hints/next-command.ts';
import { advice, type Command, type Hint, joinHints } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { findEntry, judgeChange } from './judge-change.ts';
import type { ChangedProfile, ProfileChange } from './profile-change.ts';
import { putProfile } from './put-profile.ts';
import { type ChangeDeps, endOfWait, readWithRetry, waitUntilIdle } from './start-change.ts';

/**
 * Brings one intent into the cluster's profile: decide on what is there now, PUT, follow, and judge by a
 * fresh read. A stale or busy cluster is read again and the same intent applied to what is there then, until
 * `--timeout`.
 *
 * @param start the cluster as read for the checks; written from only if it has an eTag, else read again first
 * @throws PodidError what `decide` throws, and every code of `Clusters.put` and `Clusters.follow`
 */
export async function changeProfile(
  deps: ChangeDeps,
  start: Cluster,
  change: ProfileChange,
): Promise<ChangedProfile> {
  try {
    return await changeUntilSettled(deps, start, change);
  } catch (error) {
    throw endOfWait(
      deps,
      error,
      `The pod identities of cluster ${start.id.name} were not written.`,
      deps.entries.statusCommand(start.id),
    );
  }
}

/** What `--no-wait` has left undone, and the command that waits for it. */
export function notWaitedFor(waitCommand: Command, also: readonly Hint[] = []): Hint {
  const undone = joinHints([advice`nothing was mirrored into the cluster`, ...also], ' and ');
  return advice`Azure has accepted the change; it was not waited for, so ${undone}. To wait: ${waitCommand}`;
}

async function changeUntilSettled(
  deps: ChangeDeps,
  start: Cluster,
  change: ProfileChange,
): Promise<ChangedProfile> {
  let current = isVersioned(start) ? start : await readWithRetry(deps, start.id);
  let wrote = false;
  const tries = { transientFailures: 0, assignment: 0, autoscaled: 0 };
  for (;;) {
    const decision = change.decide(current);
    if (decision.kind === 'nothing') {
      return { cluster: current, wrote };
    }
    if (decision.kind === 'wait-gone') {
      current = await waitGone(deps, current, decision.keys);
      continue;
    }
    if (decision.kind === 'write') {
      if (isBusy(current)) {
        current = await idleCluster(deps, current);
        continue;
      }
      checkLimits(current, editProfile(current.profile, decision.edit));
      if (deps.options.mirror !== 'off' && !deps.options.noWait) {
        await deps.kube.prepare(current, deps.signal);
      }
      if (change.beforeWrite !== undefined) {
        await change.beforeWrite(current);
        const fresh = isVersioned(current) ? current : await readWithRetry(deps, start.id);
        const isSame = JSON.stringify(fresh.profile) === JSON.stringify(current.profile);
        current = fresh;
        // Nothing else tells what somebody wrote meanwhile: without an eTag the write would go over it.
        if (!isSame || isBusy(fresh)) {
          continue;
        }
      }
      const written = await putProfile(deps, current, { change, edit: decision.edit, tries });
      current = written.cluster;
      if (written.kind === 'again') {
        continue;
      }
      wrote = true;
      if (written.failure) {
        return {
          cluster: current,
          wrote,
          failure: entryFailure(deps, current, decision.edit) ?? written.failure,
        };
      }
    }
    if (deps.options.noWait) {
      return { cluster: current, wrote };
    }
    const settled = await settleChange(deps, current, decision.edit);
    if (settled.kind === 'settled') {
      return { ...settled.outcome, wrote };
    }
    current = acceptUndone(deps, settled.cluster, settled.what);
  }
}

type Settled =
  | { readonly kind: 'settled'; readonly outcome: Omit<ChangedProfile, 'wrote'> }
  | { readonly kind: 'undone'; readonly cluster: Cluster; readonly what: string };

/**
 * Waits until the touched entries have come to an end, and says which. @throws PodidError TimedOut |
 * Interrupted | Terminated
 */
async function settleChange(deps: ChangeDeps, cluster: Cluster, edit: ClusterEdit): Promise<Settled> {
  let current = cluster;
  const going = `Azure continues with cluster ${cluster.id.name}.`;
  const wait = {};
  try {
    for (;;) {
      const verdict = judgeChange(deps.entries, current, edit);
      if (verdict.kind === 'done') {
        return { kind: 'settled', outcome: { cluster: current } };
      }
      if (verdict.kind === 'failed') {
        return { kind: 'settled', outcome: { cluster: current, failure: verdict.error } };
      }
      if (verdict.kind === 'undone') {
        return { kind: 'undone', cluster: current, what: verdict.what };
      }
      if (deps.deadline.passed()) {
        throw new PodidError('TimedOut', `Not finished before --timeout: ${verdict.what}. ${going}`, {
          hint: deps.entries.followUpCommand(cluster.id, edit),
        });
      }
      deps.report.progress(`Azure is working on ${verdict.what}`, { wait });
      await deps.deadline.pause(deps.options.pollIntervalMs);
      current = await readWithRetry(deps, cluster.id);
    }
  } catch (error) {
    throw endOfWait(deps, error, going, deps.entries.followUpCommand(cluster.id, edit));
  }
}

/** Why a touched entry failed explains more than why the operation did. */
function entryFailure(deps: ChangeDeps, cluster: Cluster, edit: ProfileEdit): PodidError | undefined {
  const verdict = judgeChange(deps.entries, cluster, edit);
  return verdict.kind === 'failed' ? verdict.error : undefined;
}

/**
 * Without an eTag another writer may have overwritten us, and the entry is written again; with one, someone
 * took it back on purpose.
 */
function acceptUndone(deps: ChangeDeps, cluster: Cluster, what: string): Cluster {
  if (isVersioned(cluster) || deps.deadline.passed()) {
    throw new PodidError(
      'EntriesLost',
      `${deps.entries.acceptor} accepted the change of cluster ${cluster.id.name}, and someone else has undone it since: ${what}.`,
      {
        hint: advice`${deps.entries.command('list', cluster.id)}  # shows what is there now`,
        target: cluster.resourceId,
      },
    );
  }
  deps.report.warn(`Another writer has undone the change (${what}); writing it again.`);
  return cluster;
}

/** Whether a write that is based on this read is refused once somebody else has written. */
function isVersioned({ eTag, profile }: Cluster): boolean {
  return eTag !== undefined || profile.objects !== undefined;
}

async function idleCluster(deps: ChangeDeps, cluster: Cluster): Promise<Cluster> {
  const idle = deps.options.noWait ? cluster : await waitUntilIdle(deps, cluster.id);
  if (isBusy(idle)) {
    throw clusterBusy(idle);
  }
  return idle;
}

async function waitGone(deps: ChangeDeps, cluster: Cluster, keys: readonly EntryKey[]): Promise<Cluster> {
  let current = cluster;
  while (keys.some((key) => findEntry(current, key) !== undefined)) {
    if (deps.options.noWait || deps.deadline.passed()) {
      throw clusterBusy(current);
    }
    deps.report.progress(`Azure is still deleting the old ${keys.map(entryText).join(', ')}`);
    await deps.deadline.pause(deps.options.pollIntervalMs);
    current = await readWithRetry(deps, current.id);
  }
  return current;
}

function clusterBusy(cluster: Cluster): PodidError {
  return new PodidError(
    'ClusterBusy',
    `Another operation is running on cluster ${cluster.id.name} (${cluster.provisioningState}).`,
    {
      hint: advice`${nextCommand('wait', cluster.id, { for: 'idle' })}  # then the same command again`,
      target: cluster.resourceId,
    },
  );
}
