import type { Machine } from '../../domain/azure/machines.ts';
import type { RoleAssignment, RoleDefinition } from '../../domain/azure/role-assignment.ts';
import type { Cluster, ClusterId } from '../../domain/clusters/cluster.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import type { TokenRole } from '../../domain/kubernetes/agent-cluster.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { ObjectsInCluster } from '../../domain/kubernetes/cluster-objects.ts';
import type { LiveAssignment } from '../../domain/kubernetes/live-assignment.ts';
import type { PolicyEngine } from '../../domain/kubernetes/net-raw/render-net-raw-policy.ts';
import type { NetworkPolicy } from '../../domain/kubernetes/network-policy.ts';
import type {
  AgentPod,
  ClusterNode,
  PodAnswer,
  SeenPod,
  Workload,
} from '../../domain/kubernetes/workloads.ts';
import type { ManagedIdentity, Subscription } from '../../domain/ports.ts';
import type {
  AssignmentEvent,
  ControllerLock,
  ControllerPod,
} from '../../domain/standard-mode/controller.ts';
import type { Probe } from './probe.ts';

/** Whom the doctor is asked about: the cluster, a namespace, one pod, or the pods of one Deployment. */
export interface DoctorSubject {
  readonly cluster: ClusterId;
  readonly namespace?: string;
  readonly pod?: string;
  readonly deployment?: string;
  /** `--cluster-principal-id`. */
  readonly clusterPrincipalId?: string;
}

/** Roles of the cluster's principal at one identity. */
export interface OperatorRoleProbe {
  readonly principalId: string;
  readonly rows: readonly RoleAssignment[];
  /** Name of another role that allows the same, where Managed Identity Operator is not there. */
  readonly otherRole?: string;
}

/** One agent, as it answered through the API server. */
export interface AgentProbe {
  readonly agent: AgentPod;
  readonly readiness: Probe<PodAnswer>;
  /** Prometheus text. */
  readonly metrics: Probe<string>;
  readonly log: Probe<string>;
}

/** What standard mode adds. */
export interface StandardEvidence {
  readonly controllers: Probe<readonly ControllerPod[]>;
  readonly locks: Probe<readonly ControllerLock[]>;
  readonly assignments: Probe<readonly LiveAssignment[]>;
  readonly events: Probe<readonly AssignmentEvent[]>;
  /** When all that was read; milliseconds since the epoch. */
  readonly readMs: number;
}

/** All that was looked at, before anything is judged. Maps are by lower-case resource id. */
export interface Evidence {
  readonly subject: DoctorSubject;
  readonly cluster: Probe<Cluster>;
  /** What the signed-in principal may do with the cluster. */
  readonly permissions: Probe<RoleDefinition['permissions']>;
  readonly subscription: Probe<Subscription>;
  /** State of EnablePodIdentityPreview. */
  readonly feature: Probe<string>;
  readonly identities: ReadonlyMap<string, Probe<ManagedIdentity>>;
  readonly operatorRoles: ReadonlyMap<string, Probe<OperatorRoleProbe>>;
  /** What the identities themselves may do in the cluster's subscription. */
  readonly ownRoles: ReadonlyMap<string, Probe<readonly RoleAssignment[]>>;
  readonly objects: Probe<ObjectsInCluster>;
  /** The pods in question. In a cluster or a namespace those that carry the label. */
  readonly pods: Probe<readonly SeenPod[]>;
  /** Those that carry the label themselves, by kind: each kind needs a right of its own. */
  readonly workloads: readonly Probe<readonly Workload[]>[];
  readonly nodes: Probe<readonly ClusterNode[]>;
  readonly policies: Probe<readonly NetworkPolicy[]>;
  /** On kubenet: the engine that refuses pods with NET_RAW, by podid's policy; `none`: none does. Absent on other networks. */
  readonly netRawPolicy?: Probe<PolicyEngine | 'none'>;
  readonly agents: Probe<readonly AgentPod[]>;
  /** DaemonSets of agents that have no pod; absent where a pod of one is there. */
  readonly podless?: Probe<readonly AgentInstallation[]>;
  /** By which agents that are not there any more could make tokens of the pods' accounts. Absent: nobody looked. */
  readonly leftRoles?: Probe<readonly TokenRole[]>;
  /** Whether an agent may see the pods of other nodes that could do without. Absent where none could. */
  readonly spareRight?: Probe<boolean>;
  /** How the identities stand whose tokens are to be exchanged. Absent where there is none. */
  readonly federation?: Probe<readonly ExchangeRow[]>;
  /** Absent where no agent serves what a controller assigns. */
  readonly standard?: StandardEvidence;
  /** Of the nodes in question, the first fifty. */
  readonly agentProbes: readonly AgentProbe[];
  /** Machines of the nodes in question. */
  readonly machines: Probe<readonly Machine[]>;
}
