import type { Cluster } from '../clusters/cluster.ts';
import type { EntryKey, PodIdentityException } from './pod-identity.ts';

export const fileApiVersion = 'podid.io/v1';
export const fileKind = 'PodIdentities';

/** An identity as a file names it: what its ids are is Azure's to say. */
export interface FileIdentity extends EntryKey {
  readonly identityResourceId: string;
  /** Absent: the name. */
  readonly bindingSelector?: string;
}

/** The cluster that a file is meant for; what it leaves out is chosen as for any command. */
export interface FileCluster {
  /** An id or a name. */
  readonly subscription?: string;
  readonly resourceGroup?: string;
  readonly name?: string;
}

/** What files ask for, all of them taken together. A list that none of them has is not managed. */
export interface WantedEntries {
  readonly cluster?: FileCluster;
  readonly identities?: readonly FileIdentity[];
  readonly exceptions?: readonly PodIdentityException[];
}

/** The file that `export` and `disable --export` write and `apply` reads, as a plain value. */
export interface PodIdentitiesFile extends WantedEntries {
  readonly apiVersion: typeof fileApiVersion;
  readonly kind: typeof fileKind;
}

/** Everything the cluster's profile holds. */
export function profileFile({ id, profile }: Cluster): PodIdentitiesFile {
  const identities = profile.identities.map(({ name, namespace, bindingSelector, identity }) => ({
    name,
    namespace,
    identityResourceId: identity.resourceId,
    bindingSelector,
  }));
  const cluster = { subscription: id.subscriptionId, resourceGroup: id.resourceGroup, name: id.name };
  return entriesFile({ cluster, identities, exceptions: profile.exceptions });
}

/**
 * Sorted, members in the documented order: the same entries give the same text, whatever order the server
 * has.
 */
export function entriesFile(entries: WantedEntries): PodIdentitiesFile {
  const { cluster, identities = [], exceptions = [] } = entries;
  return {
    apiVersion: fileApiVersion,
    kind: fileKind,
    ...(cluster === undefined ? {} : { cluster }),
    identities: identities.toSorted(byKey),
    exceptions: exceptions
      .map(({ name, namespace, podLabels }) => ({ name, namespace, podLabels: sortedLabels(podLabels) }))
      .toSorted(byKey),
  };
}

/** By namespace, then name, as the bytes have it: no locale changes a file under version control. */
export function byKey(one: EntryKey, other: EntryKey): number {
  if (one.namespace !== other.namespace) {
    return one.namespace < other.namespace ? -1 : 1;
  }
  if (one.name === other.name) {
    return 0;
  }
  return one.name < other.name ? -1 : 1;
}

export function sortedLabels(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).toSorted(([one], [other]) => (one < other ? -1 : 1)));
}
