import { isBusy } from '../../domain/clusters/check-cluster.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { ClusterEdit } from '../../domain/clusters/cluster-edit.ts';
import type { EntryStore } from '../../domain/entries/entry-store.ts';
import {
  type EntryKey,
  entryProgress,
  entryText,
  type PodIdentity,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import { advice } from '../../errors/hint.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isApplied, missingAfter } from './compare-profile.ts';

/** How a change stands in a fresh read: only the touched entries decide. */
export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'running'; readonly what: string }
  /** An entry that was put is not there any more, or is there with other content. */
  | { readonly kind: 'undone'; readonly what: string }
  | { readonly kind: 'failed'; readonly error: PodidError };

export function judgeChange(entries: EntryStore, cluster: Cluster, edit: ClusterEdit): Verdict {
  const wanted = (edit.putIdentities ?? []).map((key) => ({ key, entry: findEntry(cluster, key) }));
  const failed = wanted.find(({ entry }) => entry !== undefined && entryProgress(entry) === 'failed');
  const leaving = (edit.deleteIdentities ?? []).flatMap((key) => findEntry(cluster, key) ?? []);
  const stuck = leaving.find((entry) => entryProgress(entry) === 'failed');
  if (isBusy(cluster)) {
    return { kind: 'running', what: `cluster ${cluster.id.name}: ${cluster.provisioningState}` };
  }
  if (failed?.entry) {
    return { kind: 'failed', error: entryFailed(entries, cluster, failed.entry) };
  }
  if (stuck) {
    return { kind: 'failed', error: entryFailed(entries, cluster, stuck) };
  }
  const running = wanted.find(({ entry }) => entry !== undefined && entryProgress(entry) === 'running');
  if (running?.entry) {
    return { kind: 'running', what: stateText(running.entry) };
  }
  if (leaving[0] !== undefined) {
    return { kind: 'running', what: stateText(leaving[0]) };
  }
  if (isApplied(cluster, edit)) {
    return { kind: 'done' };
  }
  return { kind: 'undone', what: missingAfter(cluster, edit).join(', ') };
}

function stateText(entry: PodIdentity): string {
  return `pod identity ${entryText(entry)}: ${entry.provisioningState ?? 'in progress'}`;
}

export function findEntry(cluster: Cluster, key: EntryKey): PodIdentity | undefined {
  return cluster.profile.identities.find((entry) => sameEntry(entry, key));
}

/** The failure of an entry, with the server's innermost reason. */
export function entryFailed(entries: EntryStore, cluster: Cluster, entry: PodIdentity): PodidError {
  const reason = entry.error ? `: ${entry.error.code}: ${entry.error.message}` : ' and gave no reason';
  return new PodidError('EntryFailed', `${entries.failureText(entry)}${reason}`, {
    hint: advice`Fix the cause and repeat the command, or remove the entry: ${entries.command('delete', cluster.id, { namespace: entry.namespace, name: entry.name })}`,
    target: entryText(entry),
    ...(entry.error ? { details: [entry.error] } : {}),
  });
}
