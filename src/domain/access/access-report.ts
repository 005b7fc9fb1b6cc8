import type { Hint } from '../../errors/hint.ts';

/** Ways to an identity's token, in the order in which reports have them. */
export const wayKinds = [
  'binding',
  'exchange',
  'exception',
  'host-network',
  'unguarded-node',
  'federated',
  'identity-binding',
  'secret',
] as const;

export type WayKind = (typeof wayKinds)[number];

/** One way to one identity. */
export interface Way {
  readonly way: WayKind;
  /** Of those who have it; empty where it is no namespace's: of a node, of a group. */
  readonly namespace: string;
  /** What gives it: a label, a service account, a workload on the host network, a node. */
  readonly who: string;
  /** How many pods have it now; undefined: pods could not be read. */
  readonly pods: number | undefined;
  /** What makes those pods, or would make the next, sorted: `Deployment/web`; with its namespace where the way has none. */
  readonly workloads: readonly string[];
  /** Names of the nodes that they are on, sorted; undefined: pods could not be read. */
  readonly nodes: readonly string[] | undefined;
  /** Those pods, `namespace/name`: who asks about one finds it here. */
  readonly podKeys: readonly string[];
  /**
   * Service accounts, `namespace/name`. Of `federated` and `identity-binding`, and of readers of a Secret: those that have it,
   * whether pods run as them or not; `namespace/*` and a lone `*` for groups of all of them. Of the others: those as which
   * the pods run, or will by their templates.
   */
  readonly accounts: readonly string[];
}

/** A role of the identity in Azure. */
export interface AccessRole {
  readonly role: string;
  readonly scope: string;
  /** Of the assignment. */
  readonly id: string;
  /** It holds under a condition, which podid does not read. */
  readonly conditional: boolean;
}

export interface IdentityAccess {
  /** Empty where nothing says it: a service principal, an object that names a client id alone. */
  readonly resourceId: string;
  readonly clientId: string;
  /** By which people know it: the name of the managed identity, else of the object. */
  readonly name: string;
  readonly kind: 'managed-identity' | 'service-principal';
  /** AzureIdentities that name it, `namespace/name`. */
  readonly objects: readonly string[];
  /** What AKS has it for: `kubelet`, `add-on azurepolicy`. */
  readonly purpose?: string;
  /** Undefined: not known, as far as the subscriptions of the report go. */
  readonly roles: readonly AccessRole[] | undefined;
  /** Nodes that carry it; undefined: not known. */
  readonly nodes: readonly string[] | undefined;
  readonly ways: readonly Way[];
  /** Ways of which nobody can say whether there are any, or any more. */
  readonly unknown: readonly WayKind[];
  /** The day on which one of its pods last asked an agent; for pods with several identities, of any of them. */
  readonly lastAsked?: string;
}

export const severities = ['high', 'medium', 'low'] as const;
export type Severity = (typeof severities)[number];

export interface Finding {
  readonly severity: Severity;
  /** `ExceptionBroad`; the list stands in docs/access.md. */
  readonly code: string;
  readonly message: string;
  /** What mends it. */
  readonly hint: Hint;
  /** What it is about: a resource id, an object, a node. */
  readonly about: string;
}

/** Somebody who has no way in and could make one, by rights in Kubernetes. */
export interface CouldBecome {
  /** `Group developers`. */
  readonly who: string;
  /** Undefined: everywhere. */
  readonly namespace: string | undefined;
  readonly rights: readonly string[];
  readonly via: readonly string[];
}

/** The same, by a role in Azure on identities of the report. */
export interface CouldBecomeInAzure {
  readonly principalId: string;
  readonly role: string;
  readonly scope: string;
  readonly rights: readonly string[];
}

export interface Unread {
  readonly what: string;
  readonly why: string;
}

export interface AccessReport {
  readonly unread: readonly Unread[];
  readonly findings: readonly Finding[];
  readonly identities: readonly IdentityAccess[];
  /** Undefined: not known. */
  readonly couldBecome: readonly CouldBecome[] | undefined;
  readonly couldBecomeInAzure: readonly CouldBecomeInAzure[] | undefined;
}

/** By code units, so that two reports have one order on every machine. */
export function compareText(one: string, other: string): number {
  return one === other ? 0 : one < other ? -1 : 1;
}

/** Each once, sorted. */
export function sortedTexts(texts: Iterable<string>): readonly string[] {
  return [...new Set(texts)].sort(compareText);
}
