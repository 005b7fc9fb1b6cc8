import type { PodidError } from '../../errors/podid-error.ts';
import type { FederatedCredential } from '../azure/federated-credential.ts';
import type { ClusterId } from '../clusters/cluster.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import type { BindingFit } from '../kubernetes/decide/binding-fit.ts';
import type { AzureIdentityBinding, IdentityResources } from '../kubernetes/identity-resources.ts';
import type { LabelSelector, NetworkPolicy } from '../kubernetes/network-policy.ts';
import type { ReadPod, ReadWorkload } from './read-workload.ts';
import type { SeenRecord } from './seen.ts';

/** What a read came to. What could not be read is unknown, and never taken for safe. */
export type Reading<Value> =
  | { readonly kind: 'read'; readonly value: Value }
  | { readonly kind: 'unread'; readonly error: PodidError };

export interface ReadServiceAccount extends EntryKey {
  readonly uid?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** A migration owns annotations of it. */
  readonly migrated?: boolean;
  readonly imagePullSecrets: readonly string[];
  readonly secrets: readonly string[];
}

/** A RoleBinding or, without a namespace, a ClusterRoleBinding. */
export interface ReadRoleBinding {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly namespace?: string;
  readonly name: string;
  /** `ClusterRole/view`. */
  readonly role: string;
  /** Service accounts that it names. */
  readonly accounts: readonly EntryKey[];
}

export interface ReadDisruptionBudget extends EntryKey {
  readonly selector: LabelSelector;
  /** How many pods may go at this moment. */
  readonly allowed: number;
}

export interface ReadProviderClass extends EntryKey {
  readonly usesPodIdentity: boolean;
}

/** A TriggerAuthentication or, without a namespace, a ClusterTriggerAuthentication. */
export interface ReadTrigger {
  readonly kind: 'TriggerAuthentication' | 'ClusterTriggerAuthentication';
  readonly namespace?: string;
  readonly name: string;
  /** `spec.podIdentity.provider`; empty where there is none. */
  readonly provider: string;
}

export interface ReadNamespace {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A node of the cluster, by its name in pods. */
export interface ReadNode {
  readonly name: string;
  /** `linux` or `windows`. */
  readonly os: string;
  /** Behind a virtual kubelet. */
  readonly virtual: boolean;
}

/** What the cluster's API holds that a migration depends on. */
export interface ClusterReadings {
  /** By the kind that makes pods: `Deployment`. */
  readonly workloads: ReadonlyMap<string, Reading<readonly ReadWorkload[]>>;
  readonly pods: Reading<readonly ReadPod[]>;
  readonly serviceAccounts: Reading<readonly ReadServiceAccount[]>;
  readonly roleBindings: Reading<readonly ReadRoleBinding[]>;
  readonly namespaces: Reading<readonly ReadNamespace[]>;
  readonly disruptionBudgets: Reading<readonly ReadDisruptionBudget[]>;
  readonly providerClasses: Reading<readonly ReadProviderClass[]>;
  readonly triggers: Reading<readonly ReadTrigger[]>;
  readonly networkPolicies: Reading<readonly NetworkPolicy[]>;
  readonly nodes: Reading<readonly ReadNode[]>;
  /** Workload Identity's mutating webhook is there. */
  readonly webhook: Reading<boolean>;
}

/** A managed identity as Azure has it; `gone`: there is none of that id. */
export type AzureSide =
  | { readonly kind: 'there'; readonly clientId: string; readonly tenantId?: string }
  | { readonly kind: 'gone' };

export interface IdentityReadings {
  readonly azure: Reading<AzureSide>;
  readonly credentials: Reading<readonly FederatedCredential[]>;
}

/** All that a plan is made of. */
export interface MigrationFacts extends ClusterReadings {
  readonly cluster: ClusterId;
  /** The issuer of the cluster's service-account tokens, to the letter; undefined: it has none. */
  readonly issuer: Reading<string | undefined>;
  /** Of the cluster; undefined where Azure does not say. */
  readonly tenantId: string | undefined;
  readonly resources: IdentityResources;
  /** The objects of pod identity; unread: the entries of the add-on's profile stand for them. */
  readonly objects: Reading<unknown>;
  /** The node agents, which say whether standard mode assigns identities; unread: it is taken not to. */
  readonly agents: Reading<unknown>;
  /** What a binding is to pods of a namespace and a label: managed and standard mode differ in it. */
  readonly fitOf: (namespace: string, label: string, binding: AzureIdentityBinding) => BindingFit;
  /** Resource ids of AzureIdentities by `namespace/name`: their own, else that which Azure has of their client id. */
  readonly resourceIds: ReadonlyMap<string, string>;
  /** By resource id in lower case. */
  readonly identities: ReadonlyMap<string, IdentityReadings>;
  /** What the agents saw; undefined where they keep no record. */
  readonly seen: SeenRecord | undefined;
}

export function readingOr<Value, Other>(reading: Reading<Value>, other: Other): Value | Other {
  return reading.kind === 'read' ? reading.value : other;
}
