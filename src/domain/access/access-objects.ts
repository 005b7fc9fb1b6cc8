import type { EntryKey } from '../entries/pod-identity.ts';

/** A pod that has not ended, as far as it is a way to an identity. */
export interface AccessPod extends EntryKey {
  readonly labels: Readonly<Record<string, string>>;
  /** Empty until it is scheduled. */
  readonly nodeName: string;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  /** One of its containers is, so that the node is its own. */
  readonly privileged: boolean;
  /** What makes it, `Deployment/web`; of a pod that nobody made, itself: `Pod/web`. By the names alone, as long as its owners are not read. */
  readonly workload: string;
  /** Of its controller; absent where it has none. */
  readonly controllerUid?: string;
  /** Names of the Secrets that it mounts or reads into variables. */
  readonly secrets: readonly string[];
}

/** What a workload makes its pods of, whether it has any now or none. */
export interface AccessTemplate {
  readonly namespace: string;
  /** `Deployment/web`. */
  readonly workload: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  readonly privileged: boolean;
  readonly secrets: readonly string[];
}

/** A rule of a Role or a ClusterRole; lists that are missing are empty. */
export interface RbacRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** Empty: all. */
  readonly resourceNames: readonly string[];
}

/** A Role or, without a namespace, a ClusterRole. */
export interface RbacRole {
  readonly namespace?: string;
  readonly name: string;
  readonly rules: readonly RbacRule[];
}

export interface RbacSubject {
  /** `ServiceAccount`, `User` or `Group`. */
  readonly kind: string;
  /** Of a service account. */
  readonly namespace?: string;
  readonly name: string;
}

/** A RoleBinding or, without a namespace, a ClusterRoleBinding. */
export interface RbacBinding {
  readonly namespace?: string;
  readonly name: string;
  readonly roleKind: string;
  readonly roleName: string;
  readonly subjects: readonly RbacSubject[];
}

export interface RbacObjects {
  readonly roles: readonly RbacRole[];
  readonly bindings: readonly RbacBinding[];
}

/** A managed identity that AKS's identity bindings hand out in this cluster. */
export interface ClusterIdentityBinding {
  readonly name: string;
  readonly resourceId: string;
  readonly clientId: string;
}

/** What the cluster's API is asked for by an access report alone. All throw PodidError Forbidden | ClusterUnreachable. */
export interface AccessObjects {
  /** Of all namespaces, without those that have ended. */
  pods(signal: AbortSignal): Promise<readonly AccessPod[]>;
  /** Roles and who has them, of the cluster and of all namespaces. */
  rbac(signal: AbortSignal): Promise<RbacObjects>;
}
