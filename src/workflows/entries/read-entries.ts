import type { ClusterId } from '../../domain/clusters/cluster.ts';
import { entriesOf } from '../../domain/entries/entries-of.ts';
import {
  type EntryKey,
  type PodIdentity,
  type PodIdentityException,
  sameEntry,
} from '../../domain/entries/pod-identity.ts';
import type { Deps } from '../../domain/ports.ts';
import type { Done } from '../change/outcome.ts';
import { entryNotFound } from './entry-not-found.ts';

export interface ListRequest {
  readonly cluster: ClusterId;
  /** Only entries of this namespace. */
  readonly namespace?: string;
}

export type ShowRequest = { readonly cluster: ClusterId } & EntryKey;

/** The cluster's pod identities in the server's order; none of the add-on's when it is off. */
export async function listIdentities(
  deps: Deps,
  request: ListRequest,
  signal: AbortSignal,
): Promise<Done<readonly PodIdentity[]>> {
  const cluster = await entriesOf(deps).get(request.cluster, signal);
  return { result: inNamespace(cluster.profile.identities, request.namespace), cluster };
}

export async function listExceptions(
  deps: Deps,
  request: ListRequest,
  signal: AbortSignal,
): Promise<Done<readonly PodIdentityException[]>> {
  const cluster = await entriesOf(deps).get(request.cluster, signal);
  return { result: inNamespace(cluster.profile.exceptions, request.namespace), cluster };
}

/** @throws PodidError EntryNotFound */
export async function showIdentity(
  deps: Deps,
  request: ShowRequest,
  signal: AbortSignal,
): Promise<Done<PodIdentity>> {
  const cluster = await entriesOf(deps).get(request.cluster, signal);
  return { result: oneOf('pod identity', request, cluster.profile.identities), cluster };
}

/** @throws PodidError EntryNotFound */
export async function showException(
  deps: Deps,
  request: ShowRequest,
  signal: AbortSignal,
): Promise<Done<PodIdentityException>> {
  const cluster = await entriesOf(deps).get(request.cluster, signal);
  return { result: oneOf('exception', request, cluster.profile.exceptions), cluster };
}

function inNamespace<Entry extends EntryKey>(
  entries: readonly Entry[],
  namespace: string | undefined,
): readonly Entry[] {
  return namespace === undefined ? entries : entries.filter((entry) => entry.namespace === namespace);
}

function oneOf<Entry extends EntryKey>(
  kind: 'pod identity' | 'exception',
  request: ShowRequest,
  entries: readonly Entry[],
): Entry {
  const found = entries.find((entry) => sameEntry(entry, request));
  if (found === undefined) {
    throw entryNotFound(kind, request.cluster, request, entries);
  }
  return found;
}
