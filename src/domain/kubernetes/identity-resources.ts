/**
 * The four kinds of `aadpodidentity.k8s.io/v1`, as far as podid reads or writes them. Field names are
 * upstream's, to the letter: `nodename` is lower case, unlike its siblings.
 */
export const identityApi = { group: 'aadpodidentity.k8s.io', version: 'v1' } as const;

/** Label by which a pod opts in; its value is the selector of an AzureIdentityBinding. */
export const bindingLabel = 'aadpodidbinding';

/** With the value `aks`: what AKS wrote, and writes again at will. */
export const aksLabel = 'kubernetes.azure.com/managedby';

/** Whether a pod can have the selector as its label; an empty one matches no pod. */
export function isSelectable(selector: string): boolean {
  return selector.length <= 63 && /^[a-z0-9](?:[-\w.]*[a-z0-9])?$/i.test(selector);
}

/** Annotation value `namespaced` confines an AzureIdentity to pods of its own namespace in standard mode. */
export const behaviorAnnotation = 'aadpodidentity.k8s.io/Behavior';

/** Of an AzureAssignedIdentity: which pod it was written for; an older pod of the same name has another. */
export const podUidAnnotation = 'podid.io/pod-uid';

/** Of an AzureAssignedIdentity, RFC 3339: since when it has been in state `Assigned`. */
export const assignedAtAnnotation = 'podid.io/assigned-at';

export interface ObjectMeta {
  readonly name: string;
  readonly namespace: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly creationTimestamp?: string;
  /** Since when it is being deleted; agents go by it until its last finalizer is gone. RFC 3339. */
  readonly deletionTimestamp?: string;
}

/** `spec.type`: 0 user-assigned managed identity, 1 service principal with secret, 2 with certificate. */
export type AzureIdentityType = 0 | 1 | 2;

export interface AzureIdentity {
  readonly metadata: ObjectMeta;
  readonly spec: {
    /** Absent means 0. Any other number was admitted by upstream's CRD and is not an identity. */
    readonly type?: number;
    readonly resourceID?: string;
    readonly clientID?: string;
    readonly clientPassword?: { readonly name?: string; readonly namespace?: string };
    readonly tenantID?: string;
    readonly auxiliaryTenantIDs?: readonly string[];
    readonly adEndpoint?: string;
  };
}

export interface AzureIdentityBinding {
  readonly metadata: ObjectMeta;
  readonly spec: {
    /** Name of an AzureIdentity in the binding's own namespace. */
    readonly azureIdentity?: string;
    /** Compared for equality with the pod's label value; empty matches nothing. */
    readonly selector?: string;
  };
}

export interface AzurePodIdentityException {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly podLabels?: Readonly<Record<string, string>> };
}

/** The objects of a cluster, or of some of its namespaces, that say which pod gets which identity. */
export interface IdentityResources {
  readonly identities: readonly AzureIdentity[];
  readonly bindings: readonly AzureIdentityBinding[];
  readonly exceptions: readonly AzurePodIdentityException[];
}

/** Written by MIC. `''` was MIC 1.4's only state and counts as usable. */
export type AssignmentState = '' | 'Created' | 'Assigned' | 'Unassigned';

export interface AzureAssignedIdentity {
  readonly metadata: ObjectMeta;
  readonly spec: {
    /** Whole copies, as they were when MIC wrote the assignment. */
    readonly azureIdentityRef?: AzureIdentity;
    readonly azureBindingRef?: AzureIdentityBinding;
    readonly pod?: string;
    readonly podNamespace?: string;
    readonly nodename?: string;
  };
  readonly status?: { readonly status?: string };
}
