import { checkCluster } from '../../domain/clusters/check-cluster.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import { type EntryKey, entryProgress, type PodIdentity } from '../../domain/entries/pod-identity.ts';
import { findEntry } from '../change/judge-change.ts';
import type { Outcome } from '../change/outcome.ts';
import type { Decision } from '../change/profile-change.ts';
import { type ChangeOptions, readGatedCluster, startChange } from '../change/start-change.ts';
import { entryNotFound, isServicePrincipal } from './entry-not-found.ts';
import { removeIdentities } from './remove-identities.ts';
import { reportDeleted } from './report-written.ts';

export type DeleteIdentityRequest = {
  readonly cluster: ClusterId;
  readonly ignoreNotFound: boolean;
  readonly revokeRole: boolean;
} & EntryKey;

/**
 * Nothing that is there already stands in the way of removing an entry, but a cluster that takes no PUT does.
 */
export const removalDemands = { addon: true, kubenetConsent: true, usablePool: false };

/** @returns the entry that went, as it was before, or null under `--ignore-not-found` when there was none */
export async function deleteIdentity(
  deps: Omit<Deps, 'deadline'>,
  request: DeleteIdentityRequest,
  options: ChangeOptions,
): Promise<Outcome<PodIdentity | null>> {
  const started = startChange(deps, options);
  const cluster = await readGatedCluster(started, request.cluster, removalDemands);
  const existing = findEntry(cluster, request);
  if (existing === undefined) {
    if (!request.ignoreNotFound || isServicePrincipal(cluster, request)) {
      throw entryNotFound(deps.entries, 'pod identity', cluster, request);
    }
    return options.dryRun ? { plan: { changes: [], puts: 0 } } : { done: { result: null, cluster } };
  }
  const removed = await removeIdentities(started, cluster, {
    entries: [existing],
    revokeRole: request.revokeRole,
    decide: (current) => decideDelete(current, [existing]),
  });
  if (removed.plan) {
    return removed;
  }
  reportDeleted(deps, removed.done.cluster, [existing]);
  return { done: { ...removed.done, result: removed.done.result[0] ?? existing } };
}

/** Entries that are gone by now, or on their way out, are not written again. */
export function decideDelete(cluster: Cluster, keys: readonly EntryKey[]): Decision {
  checkCluster(cluster, removalDemands);
  const there = keys.flatMap((key) => findEntry(cluster, key) ?? []);
  const edit = { deleteIdentities: keys.map(({ namespace, name }) => ({ namespace, name })) };
  if (there.some((entry) => entryProgress(entry) !== 'deleting')) {
    return { kind: 'write', edit };
  }
  return there.length > 0 ? { kind: 'judge', edit } : { kind: 'nothing' };
}
