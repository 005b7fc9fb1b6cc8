import type { ClusterId } from '../../domain/clusters/cluster.ts';
import type { Deps } from '../../domain/deps.ts';
import {
  allEntries,
  type EntryKey,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import type { Done } from '../change/outcome.ts';
import { entryNotFound } from './entry-not-found.ts';

export interface ListRequest {
  readonly cluster: ClusterId;
  /** Only entries of this namespace. */
  readonly namespace?: string;
}

export type ShowRequest = { readonly cluster: ClusterId } & EntryKey;

/**
 * The cluster's pod identities in the server's order; none of the add-on's when it is off. Where the entries are
 * objects, service principals come last, and pods are counted.
 */
export async function listIdentities(
  { entries }: Pick<Deps, 'entries'>,
  request: ListRequest,
  signal: AbortSignal,
): Promise<Done<readonly PodIdentity[]>> {
  const { cluster: id, namespace } = request;
  const cluster = (await entries.getWithPods?.(id, namespace, signal)) ?? (await entries.get(id, signal));
  return { result: inNamespace(allEntries(cluster.profile), request.namespace), cluster };
}

export async function listExceptions(
  { entries }: Pick<Deps, 'entries'>,
  request: ListRequest,
  signal: AbortSignal,
): Promise<Done<readonly PodIdentityException[]>> {
  const cluster = await entries.get(request.cluster, signal);
  return { result: inNamespace(cluster.profile.exceptions, request.namespace), cluster };
}

/** @throws PodidError EntryNotFound */
export async function showIdentity(
  { entries }: Pick<Deps, 'entries'>,
  request: ShowRequest,
  signal: AbortSignal,
): Promise<Done<PodIdentity>> {
  const cluster = await entries.get(request.cluster, signal);
  const found = allEntries(cluster.profile).find((entry) => sameEntry(entry, request));
  if (found === undefined) {
    throw entryNotFound(entries, 'pod identity', cluster, request);
  }
  return { result: found, cluster };
}

/** @throws PodidError EntryNotFound */
export async function showException(
  { entries }: Pick<Deps, 'entries'>,
  request: ShowRequest,
  signal: AbortSignal,
): Promise<Done<PodIdentityException>> {
  const cluster = await entries.get(request.cluster, signal);
  const found = cluster.profile.exceptions.find((entry) => sameEntry(entry, request));
  if (found === undefined) {
    throw entryNotFound(entries, 'exception', cluster, request);
  }
  return { result: found, cluster };
}

function inNamespace<Entry extends EntryKey>(
  entries: readonly Entry[],
  namespace: string | undefined,
): readonly Entry[] {
  return namespace === undefined ? entries : entries.filter((entry) => entry.namespace === namespace);
}
