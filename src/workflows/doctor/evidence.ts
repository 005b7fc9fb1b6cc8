import type { Machine } from '../../domain/azure/machines.ts';
import type { RoleAssignment, RoleDefinition } from '../../domain/azure/role-assignment.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { NetworkPolicy } from '../../domain/kubernetes/network-policy.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { AgentPod, ClusterNode, Deployment, PodAnswer } from '../../domain/kubernetes/workloads.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import type { Sight } from './probe.ts';

/** Whom the doctor is asked about: the cluster, a namespace, one pod, or the pods of one Deployment. */
export interface Patient {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  readonly pod?: string;
  readonly deployment?: string;
}

/** Roles of the cluster's principal at one identity. */
export interface OperatorRoleSight {
  readonly principalId: string;
  readonly rows: readonly RoleAssignment[];
  /** Name of another role that allows the same, where Managed Identity Operator is not there. */
  readonly otherRole?: string;
}

/** One agent, as it answered through the API server. */
export interface AgentSight {
  readonly agent: AgentPod;
  readonly readiness: Sight<PodAnswer>;
  /** Prometheus text. */
  readonly metrics: Sight<string>;
  readonly log: Sight<string>;
}

/** All that was looked at, before anything is judged. Maps are by lower-case resource id. */
export interface Evidence {
  readonly patient: Patient;
  readonly cluster: Sight<Cluster>;
  /** What the signed-in principal may do with the cluster. */
  readonly permissions: Sight<RoleDefinition['permissions']>;
  readonly subscription: Sight<Subscription>;
  /** State of EnablePodIdentityPreview. */
  readonly feature: Sight<string>;
  readonly identities: ReadonlyMap<string, Sight<ManagedIdentity>>;
  readonly operatorRoles: ReadonlyMap<string, Sight<OperatorRoleSight>>;
  /** What the identities themselves may do in the cluster's subscription. */
  readonly ownRoles: ReadonlyMap<string, Sight<readonly RoleAssignment[]>>;
  readonly objects: Sight<ObjectsInCluster>;
  /** The pods in question. In a cluster or a namespace those that carry the label. */
  readonly pods: Sight<readonly Pod[]>;
  readonly deployments: Sight<readonly Deployment[]>;
  readonly nodes: Sight<readonly ClusterNode[]>;
  readonly policies: Sight<readonly NetworkPolicy[]>;
  readonly agents: Sight<readonly AgentPod[]>;
  /** Of the nodes in question, the first fifty. */
  readonly agentSights: readonly AgentSight[];
  /** Machines of the nodes in question. */
  readonly machines: Sight<readonly Machine[]>;
}
