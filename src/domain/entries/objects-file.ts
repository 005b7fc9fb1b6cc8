import type { ObjectsInCluster } from '../kubernetes/cluster-objects.ts';
import { longestPodIdentityName } from './derive-name.ts';
import {
  entriesFile,
  type FileCluster,
  type FileIdentity,
  type PodIdentitiesFile,
} from './pod-identities-file.ts';
import { type EntryKey, entryText, sameEntry } from './pod-identity.ts';

export interface ObjectsFile {
  readonly file: PodIdentitiesFile;
  /** What the file cannot say, a sentence each. */
  readonly losses: readonly string[];
}

/**
 * The objects in a cluster as a file. An identity with several bindings becomes as many entries, since an
 * entry has one selector; the further ones are called after their binding.
 */
export function objectsFile(objects: ObjectsInCluster, cluster: FileCluster | undefined): ObjectsFile {
  const losses: string[] = [];
  const identities: FileIdentity[] = [];
  const called = (key: EntryKey) => `AzureIdentity ${entryText(key)}`;
  for (const { namespace, name, resourceId, bindingSelector } of objects.identities) {
    const key = { namespace, name };
    if (!resourceId) {
      losses.push(`${called(key)} names no managed identity.`);
    } else if (!bindingSelector) {
      losses.push(`${called(key)} has no AzureIdentityBinding, so no pod uses it.`);
    } else if (name.length > longestPodIdentityName) {
      losses.push(`${called(key)} has a name of more than ${longestPodIdentityName} characters.`);
    } else {
      identities.push({ ...key, identityResourceId: resourceId, bindingSelector });
    }
  }
  for (const { namespace, name, identity, bindingSelector } of objects.moreBindings ?? []) {
    const first = identities.find((entry) => sameEntry(entry, { namespace, name: identity }));
    const key = { namespace, name: name.replace(/(?<=.)-binding$/, '') };
    const isFree = !identities.some((entry) => sameEntry(entry, key));
    if (first !== undefined && isFree) {
      identities.push({ ...key, identityResourceId: first.identityResourceId, bindingSelector });
    } else {
      losses.push(`AzureIdentityBinding ${entryText({ namespace, name })} belongs to no pod identity.`);
    }
  }
  for (const key of objects.servicePrincipals ?? []) {
    losses.push(`${called(key)} is a service principal; pod identity supports only managed identities.`);
  }
  return {
    file: entriesFile({
      ...(cluster === undefined ? {} : { cluster }),
      identities: identities.map(inOrder),
      exceptions: objects.exceptions,
    }),
    losses,
  };
}

function inOrder({ name, namespace, identityResourceId, bindingSelector }: FileIdentity): FileIdentity {
  return { name, namespace, identityResourceId, ...(bindingSelector ? { bindingSelector } : {}) };
}
