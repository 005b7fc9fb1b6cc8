/** Two entries are the same one when both parts are equal, case included. */
export interface EntryKey {
  readonly namespace: string;
  readonly name: string;
}

export interface IdentityReference {
  readonly resourceId: string;
  readonly clientId: string;
  /** The identity's principal id, under the name the profile has for it. */
  readonly objectId: string;
}

/** An entry as a command wants it. */
export interface DesiredPodIdentity extends EntryKey {
  /** Absent: Azure takes the name. */
  readonly bindingSelector?: string;
  readonly identity: IdentityReference;
}

/** An entry of the cluster's `podIdentityProfile`. */
export interface PodIdentity extends EntryKey {
  /** The name, when the server holds none. */
  readonly bindingSelector: string;
  /** Where the entries are objects: those of further bindings to the same AzureIdentity. */
  readonly moreSelectors?: readonly string[];
  readonly identity: IdentityReference;
  /** As the server writes it: Assigned, Updating, Failed …; absent right after some changes. */
  readonly provisioningState?: string;
  /** The innermost error of `provisioningInfo`. */
  readonly error?: { readonly code: string; readonly message: string };
  /** Living pods that get it by their label. Absent where nobody counted. */
  readonly podCount?: number;
  /** Set where the AzureIdentity is no managed identity but an application in Entra, which signs in by a Secret. */
  readonly servicePrincipal?: SecretSignIn;
}

/** How an AzureIdentity of type 1 (`secret`) or 2 (`certificate`) signs in. */
export interface SecretSignIn {
  readonly signsInBy: 'secret' | 'certificate';
  readonly tenantId: string;
  readonly auxiliaryTenantIds?: readonly string[];
  /** The Kubernetes Secret, by name; podid never reads it. */
  readonly secret: EntryKey;
}

interface Entries {
  readonly identities: readonly PodIdentity[];
  readonly servicePrincipals?: readonly PodIdentity[];
}

/** All that `podid list` shows, in its order: service principals, which only objects can be, come last. */
export function allEntries({ identities, servicePrincipals = [] }: Entries): readonly PodIdentity[] {
  return [...identities, ...servicePrincipals];
}

/** Those of them that no pod gets before somebody has done something. */
export function failedEntries(entries: Entries): readonly PodIdentity[] {
  return allEntries(entries).filter((entry) => entryProgress(entry) === 'failed');
}

/** Pods with one of these labels are answered as the node itself would be. */
export interface PodIdentityException extends EntryKey {
  readonly podLabels: Readonly<Record<string, string>>;
}

export function sameEntry(one: EntryKey, other: EntryKey): boolean {
  return one.namespace === other.namespace && one.name === other.name;
}

/** The same keys with the same values, whatever their order. */
export function sameLabels(
  one: Readonly<Record<string, string>>,
  other: Readonly<Record<string, string>>,
): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && one[key] === other[key])
  );
}

/** `namespace/name`, as messages and `--debug` write it. */
export function entryText(key: EntryKey): string {
  return `${key.namespace}/${key.name}`;
}

/** What an entry's state means for a command. States are compared without case; the server's list is open. */
export type EntryProgress = 'done' | 'running' | 'failed' | 'deleting';

/** An absent state is done: a cluster that Succeeded has nothing left to do for the entry. */
export function entryProgress(entry: Pick<PodIdentity, 'provisioningState'>): EntryProgress {
  switch (entry.provisioningState?.toLowerCase()) {
    case undefined:
    case '':
    case 'assigned':
    case 'succeeded':
      return 'done';
    case 'failed':
    case 'canceled':
      return 'failed';
    case 'deleting':
      return 'deleting';
    default:
      return 'running';
  }
}
