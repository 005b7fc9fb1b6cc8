import {
  type EntryKey,
  entryText,
  type PodIdentity,
  type PodIdentityException,
  type SecretSignIn,
} from '../entries/pod-identity.ts';
import type { StandardMode } from '../standard-mode/controller.ts';
import type { IdentityResources } from './identity-resources.ts';

/** Code of the error detail that says: the cluster does not know the identity kinds at all. */
export const crdMissingCode = 'CustomResourceDefinitionMissing';

/**
 * What was done, or would be done, to one object in the cluster. `pending`: its namespace does not exist yet.
 */
export interface ObjectChange {
  readonly kind: 'AzureIdentity' | 'AzureIdentityBinding' | 'AzurePodIdentityException';
  readonly namespace: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'delete' | 'same' | 'foreign' | 'pending';
  /** Why, for `foreign` and `pending`: who wrote the object, what differs. */
  readonly reason?: string;
}

/** The reason of an object that is `pending` until its namespace is there. */
export function namespaceMissing(namespace: string): string {
  return `Namespace ${namespace} does not exist yet`;
}

/** `resourceVersion` by `Kind namespace/name`. */
export type ObjectVersions = Readonly<Record<string, string>>;

/** What podid has to know of objects that it read before it writes them. */
export interface ObjectFacts {
  readonly versions: ObjectVersions;
  /** `Kind namespace/name` of those that podid wrote and no label or annotation gives to others. */
  readonly own: ReadonlySet<string>;
  /** Those of `own` whose spec others have written since: podid changes them by force alone. */
  readonly edited?: ReadonlySet<string>;
}

export function objectKey(kind: ObjectChange['kind'], key: EntryKey): string {
  return `${kind} ${entryText(key)}`;
}

export interface MirrorRequest {
  /** Entries whose objects should be there. */
  readonly identities: readonly PodIdentity[];
  readonly exceptions: readonly PodIdentityException[];
  /** Entries whose objects should be gone, those alone that podid wrote. */
  readonly goneIdentities: readonly EntryKey[];
  readonly goneExceptions: readonly EntryKey[];
  /** Also deletes podid's own objects that belong to none of `identities` and `exceptions`. */
  readonly prune: boolean;
  /** Takes over what others wrote. */
  readonly force: boolean;
  /** Sends nothing but reads and server-side dry runs. */
  readonly dryRun: boolean;
  /** Where the objects are the truth: they have to be as they were read, or nothing is written over. */
  readonly expected?: ObjectVersions;
}

/** Told while a mirror runs: how many of the entries are done with. */
export type ReportMirrored = (done: number, total: number) => void;

/** An AzureIdentity of another type than 0, with its binding. */
export interface ServicePrincipalObject extends EntryKey {
  readonly bindingSelector?: string;
  readonly clientId?: string;
  /** As of an identity's entry. */
  readonly beingDeleted?: true;
  /** Absent where the type is neither 1 nor 2. */
  readonly signIn?: SecretSignIn;
  /** Completes "AzureIdentity x …": why agents give no token of it. */
  readonly fault?: string;
}

/** What the cluster itself holds, put together to entries: an AzureIdentity with its binding is one. */
export interface ObjectsInCluster {
  readonly identities: readonly (EntryKey & {
    readonly bindingSelector?: string;
    readonly resourceId?: string;
    readonly clientId?: string;
    /** Its AzureIdentity, or the last binding of that, is being deleted and waits for a finalizer. */
    readonly beingDeleted?: true;
    /** Who wrote its objects where podid did not: `AKS`, `Helm`, `kubectl-edit`. */
    readonly writer?: string;
  })[];
  readonly exceptions: readonly (PodIdentityException & { readonly writer?: string })[];
  /** Names of the namespaces; absent for whoever may not list them. */
  readonly namespaces?: readonly string[];
  /**
   * Further bindings of identities that have one already; `name` is the binding's own. An entry has one
   * selector.
   */
  readonly moreBindings?: readonly (EntryKey & {
    readonly identity: string;
    readonly bindingSelector: string;
  })[];
  /** AzureIdentities of service principals, and of types that are none: no entry of a profile can say them. */
  readonly servicePrincipals?: readonly ServicePrincipalObject[];
  readonly facts?: ObjectFacts;
  /**
   * The objects as agents see them: also what makes no entry, as a binding to an identity that is not there.
   */
  readonly resources?: IdentityResources;
}

/** The pod-identity objects in a cluster's own API. */
export interface ClusterObjects {
  /**
   * @throws PodidError MirrorFailed (exit 6 when forbidden, else 7) | ClusterUnreachable | StaleCluster (an
   * object is not as `expected`)
   */
  mirror(
    request: MirrorRequest,
    signal: AbortSignal,
    report?: ReportMirrored,
  ): Promise<readonly ObjectChange[]>;
  /** Absent where only commands that Azure runs in the cluster reach it. */
  readonly standardMode?: StandardMode;
  /** @throws PodidError MirrorFailed | ClusterUnreachable */
  read(signal: AbortSignal): Promise<ObjectsInCluster>;
}
