import type { FederatedCredential } from '../azure/federated-credential.ts';
import type { Machine } from '../azure/machines.ts';
import type { RoleAssignment, RoleDefinition } from '../azure/role-assignment.ts';
import type { Cluster, ClusterId } from '../clusters/cluster.ts';
import type { ExchangeDefaults } from '../exchange/token-source.ts';
import type { BindingFit } from '../kubernetes/decide/binding-fit.ts';
import type { AzureIdentityBinding, IdentityResources } from '../kubernetes/identity-resources.ts';
import type { AgentPod, ClusterNode } from '../kubernetes/workloads.ts';
import type { ClusterReadings, Reading, ReadServiceAccount } from '../migrate/migration-facts.ts';
import type { SeenRecord } from '../migrate/seen.ts';
import type { AccessPod, ClusterIdentityBinding, RbacObjects } from './access-objects.ts';

/** A managed identity, as Azure has it. */
export interface AzureSideOfIdentity {
  readonly resourceId: string;
  readonly state: Reading<'there' | 'gone'>;
  readonly clientId?: string;
  readonly principalId?: string;
  readonly credentials: Reading<readonly FederatedCredential[]>;
}

/** Roles in one subscription: all assignments at it, below and above it, and the definitions that they name. */
export interface SubscriptionRoles {
  readonly subscriptionId: string;
  readonly assignments: Reading<readonly RoleAssignment[]>;
  /** By their ids in lower case; one that could not be read is missing. */
  readonly definitions: ReadonlyMap<string, RoleDefinition>;
}

/** All that an access report is made of. What could not be read is unknown, and never taken for none. */
export interface AccessFacts {
  readonly id: ClusterId;
  readonly cluster: Reading<Cluster>;
  readonly resources: IdentityResources;
  /** The objects of pod identity; unread: the entries of the add-on's profile stand for them. */
  readonly objects: Reading<unknown>;
  readonly pods: Reading<readonly AccessPod[]>;
  /** What makes pods, by its kind: `Deployment`. */
  readonly workloads: ClusterReadings['workloads'];
  readonly namespaces: ClusterReadings['namespaces'];
  readonly nodes: Reading<readonly ClusterNode[]>;
  readonly agents: Reading<readonly AgentPod[]>;
  readonly serviceAccounts: Reading<readonly ReadServiceAccount[]>;
  readonly rbac: Reading<RbacObjects>;
  readonly machines: Reading<readonly Machine[]>;
  readonly identityBindings: Reading<readonly ClusterIdentityBinding[]>;
  /** By resource id in lower case. */
  readonly azure: ReadonlyMap<string, AzureSideOfIdentity>;
  /** Resource ids by client ids, both in lower case, as far as Azure's lists told them. */
  readonly idsByClient: ReadonlyMap<string, string>;
  /** One for each subscription of an identity. */
  readonly roles: readonly SubscriptionRoles[];
  /** What a binding is to pods of a namespace and a label: managed and standard mode differ in it. */
  readonly fitOf: (namespace: string, label: string, binding: AzureIdentityBinding) => BindingFit;
  /** Where the agents get the tokens of identities that do not say. */
  readonly exchange: ExchangeDefaults | undefined;
  /** What the agents saw; undefined where they keep no record. */
  readonly seen: Reading<SeenRecord | undefined>;
}
