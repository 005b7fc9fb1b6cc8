import { sameResource } from '../../../domain/azure/resource-id.ts';
import type { Cluster } from '../../../domain/clusters/cluster.ts';
import { entryText, type PodIdentity, sameEntry } from '../../../domain/entries/pod-identity.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { CleanedEntry } from '../../../domain/migrate/apply/cleaned-record.ts';
import type { PlannedWorkload } from '../../../domain/migrate/planned-workload.ts';
import { workloadText } from '../../../domain/migrate/workload-commands.ts';
import { advice, command } from '../../../errors/hint.ts';
import { isPodidError } from '../../../errors/podid-error.ts';
import type { ChangeDeps } from '../../change/start-change.ts';
import { decideDelete } from '../../entries/delete-identity.ts';
import { removeIdentities } from '../../entries/remove-identities.ts';
import { gatherFacts } from '../gather-facts.ts';
import { openEntries } from '../open-entries.ts';
import { type PlanRequest, planFacts } from '../plan-migration.ts';
import { restoreEntry } from '../rollback/restore-entries.ts';
import { unreadUsers } from '../unread-users.ts';
import { liveOf } from './annotate-account.ts';
import { failureOf, type Move, type MoveDeps, type MoveFailure, step } from './move.ts';

/**
 * Deletes the entries that workloads had and no workload has any more, and with them the cluster's role on the identities.
 * While anybody has one, or might, it stays, and the move says why.
 */
export async function cleanEntries(
  deps: MoveDeps,
  cluster: Cluster,
  moves: readonly Move[],
  sha256: PlanRequest['sha256'],
): Promise<void> {
  const cleaned = moves.filter(({ failure, state }) => failure === undefined && state === 'cleaned');
  const had = new Map<Move, readonly CleanedEntry[]>();
  for (const move of cleaned) {
    had.set(move, (await liveOf(deps, move))?.cleaned?.entries ?? []);
  }
  const started = openEntries(deps, cluster, deps.options);
  const { profile } = await started.entries.get(cluster.id, deps.signal);
  const left = profile.identities.filter((entry) => [...had.values()].flat().some(isEntry(entry)));
  if (left.length === 0) {
    return;
  }
  const api = deps.api;
  const facts = await gatherFacts(
    { ...deps, kube: { ...deps.kube, connect: async () => api } },
    {
      cluster: cluster.id,
    },
  );
  const unread = unreadUsers(facts);
  const { workloads } = planFacts(deps, facts, sha256);
  const free = left.filter((entry) => {
    const why = unread ?? whoHas(entry, workloads);
    for (const move of why === undefined ? [] : movesOf(entry, had)) {
      move.waits = `Pod identity ${entryText(entry)} stays: ${why}`;
    }
    return why === undefined;
  });
  // One write takes all entries of a profile; objects are written one by one, and one that others own keeps no other.
  for (const entries of cluster.profile.enabled ? [free] : free.map((entry) => [entry])) {
    await remove(started, cluster, entries, had);
  }
  for (const move of had.keys()) {
    await step(deps, move, () => giveBackWhatIsNeeded(deps, cluster, move, { removed: free, had }));
  }
}

/** Who takes a workload back at the same time saw its entry still there, and its pods need that now. */
async function giveBackWhatIsNeeded(
  deps: MoveDeps,
  cluster: Cluster,
  move: Move,
  {
    removed,
    had,
  }: { readonly removed: readonly PodIdentity[]; readonly had: ReadonlyMap<Move, readonly CleanedEntry[]> },
): Promise<MoveFailure | undefined> {
  const live = await liveOf(deps, move);
  if (live === undefined || !Object.hasOwn(live.template.labels, bindingLabel)) {
    return undefined;
  }
  const own = (had.get(move) ?? []).filter((each) => removed.some((entry) => isEntry(entry)(each)));
  for (const entry of own) {
    const started = openEntries(deps, cluster, deps.options);
    const failure = await restoreEntry(started, move, { cluster, entry, isNew: true });
    if (failure !== undefined) {
      return failure;
    }
  }
  return {
    code: 'Changed',
    message: `${workloadText(live)} has got the label ${bindingLabel} again meanwhile: somebody else takes it back.`,
    hint: advice`Agree on which way it goes; where it stands: ${command('podid migrate plan')}`,
  };
}

async function remove(
  started: ChangeDeps,
  cluster: Cluster,
  entries: readonly PodIdentity[],
  had: ReadonlyMap<Move, readonly CleanedEntry[]>,
): Promise<void> {
  if (entries.length === 0) {
    return;
  }
  const moves = [...new Set(entries.flatMap((entry) => movesOf(entry, had)))];
  try {
    const current = await started.entries.get(cluster.id, started.signal);
    const { done } = await removeIdentities(started, current, {
      entries,
      revokeRole: cluster.profile.enabled,
      decide: (base) => decideDelete(base, entries),
    });
    for (const move of moves) {
      if (done?.failure !== undefined) {
        move.failure = failureOf(done.failure);
      }
      for (const entry of entries.filter((each) => had.get(move)?.some(isEntry(each)))) {
        move.wrote.push(`pod identity ${entryText(entry)}, deleted`);
      }
    }
  } catch (error) {
    started.signal.throwIfAborted();
    if (!isPodidError(error)) {
      throw error;
    }
    for (const move of moves) {
      move.failure = failureOf(error);
    }
  }
}

/** An entry of the same name and another identity is not the one that it had. */
function isEntry(entry: PodIdentity): (had: CleanedEntry) => boolean {
  return (had) => sameEntry(had, entry) && sameResource(had.identity, entry.identity.resourceId);
}

function movesOf(entry: PodIdentity, had: ReadonlyMap<Move, readonly CleanedEntry[]>): readonly Move[] {
  return [...had].flatMap(([move, entries]) => (entries.some(isEntry(entry)) ? [move] : []));
}

function whoHas(entry: PodIdentity, workloads: readonly PlannedWorkload[]): string | undefined {
  const users = workloads.filter(({ identities }) => identities.some((each) => sameEntry(each, entry)));
  const names = users.map(workloadText);
  return names.length === 0
    ? undefined
    : `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''} ${names.length === 1 ? 'has' : 'have'} it.`;
}
