import type { AccessObjects } from '../access/access-objects.ts';
import type { EntryKey } from '../entries/pod-identity.ts';
import type { ExchangeCluster } from '../exchange/exchange-cluster.ts';
import type { ExchangeDefaults } from '../exchange/token-source.ts';
import type { AgentLoads } from '../load/agent-load.ts';
import type { MigrationWrites } from '../migrate/apply/migration-writes.ts';
import type { MigrationObjects } from '../migrate/migration-objects.ts';
import type { SeenPods } from '../migrate/seen.ts';
import type { StandardMode } from '../standard-mode/controller.ts';
import type { SupportCluster } from '../support/support-cluster.ts';
import type { TakeoverCluster } from '../takeover/takeover-cluster.ts';
import type { AgentCluster } from './agent-cluster.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { ClusterPolicies } from './cluster-policies.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { AgentMaker } from './own-agents/agent-maker.ts';
import type { Pod } from './pod.ts';
import type { SecretPairs } from './secret-pairs.ts';
import type { Taint, Toleration } from './taints.ts';

/** Where the API has a kind of workload, and how its pods come from it. */
interface WorkloadKindFacts {
  /** As a message names it. */
  readonly title: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  /** From `spec` to what has the metadata of the pods. */
  readonly template: readonly string[];
  /** `map`: its selector is the labels themselves, without `matchLabels`. */
  readonly selector?: 'map';
  /** Kubernetes itself does not have it, so a patch of it has to say that it merges. */
  readonly custom?: true;
}

/** What makes pods: the kinds of Kubernetes, and those that people add to it most. */
export const workloadKinds = {
  Deployment: builtin('apps', 'Deployment'),
  StatefulSet: builtin('apps', 'StatefulSet'),
  DaemonSet: builtin('apps', 'DaemonSet'),
  ReplicaSet: builtin('apps', 'ReplicaSet'),
  Job: builtin('batch', 'Job'),
  CronJob: { ...builtin('batch', 'CronJob'), template: ['jobTemplate', 'spec', 'template'] },
  ReplicationController: { ...builtin('', 'ReplicationController'), selector: 'map' },
  Rollout: custom('argoproj.io', 'v1alpha1', 'Rollout'),
  DeploymentConfig: { ...custom('apps.openshift.io', 'v1', 'DeploymentConfig'), selector: 'map' },
  KnativeService: { ...custom('serving.knative.dev', 'v1', 'Service'), title: 'Knative Service' },
  ScaledJob: { ...custom('keda.sh', 'v1alpha1', 'ScaledJob'), template: ['jobTargetRef', 'template'] },
} as const satisfies Readonly<Record<string, WorkloadKindFacts>>;

export type WorkloadKind = keyof typeof workloadKinds;

export function workloadKindFacts(kind: WorkloadKind): WorkloadKindFacts {
  return workloadKinds[kind];
}

function builtin(group: string, title: string): WorkloadKindFacts {
  return { title, group, version: 'v1', plural: `${title.toLowerCase()}s`, template: ['template'] };
}

function custom(group: string, version: string, title: string): WorkloadKindFacts {
  return { ...builtin(group, title), version, custom: true };
}

export interface Workload extends EntryKey {
  readonly kind: WorkloadKind;
  /** Of the workload itself, which no pod inherits. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pods that it makes. */
  readonly templateLabels: Readonly<Record<string, string>>;
  /** The labels by which it knows its pods; a CronJob and a ScaledJob have none. */
  readonly selector: Readonly<Record<string, string>>;
  /** Made by another workload, which is the one to change. */
  readonly owned: boolean;
}

/** A pod with what the doctor looks at and agents do not. */
export interface SeenPod extends Pod {
  /** Values of AZURE_CLIENT_ID in containers that have no token of workload identity. */
  readonly clientIds?: readonly string[];
}

export interface ClusterNode {
  readonly name: string;
  /** `linux` or `windows`. */
  readonly os: string;
  readonly ready: boolean;
  /** Behind a virtual kubelet there is no node of Azure's. */
  readonly virtual: boolean;
  readonly taints: readonly Taint[];
  /** `spec.providerID`; `''` when the node has none. */
  readonly providerId: string;
}

/** A pod of a DaemonSet that is podid's agent or upstream's. */
export interface AgentPod extends EntryKey {
  /** Of its DaemonSet. */
  readonly daemonSet: string;
  readonly nodeName: string;
  readonly ready: boolean;
  /** On the network of its node: any other is no agent that could guard it. */
  readonly hostNetwork?: boolean;
  /** As which it runs, in its own namespace. */
  readonly serviceAccount?: string;
  /** As `makerOf` takes it. */
  readonly madeBy?: AgentMaker;
  readonly tolerations: readonly Toleration[];
  /** Name of the container that serves. */
  readonly container: string;
  /** Of that container, where the agent is podid's. */
  readonly podidImage?: string;
  /** Of `/healthz` and `/readyz`. */
  readonly probePort: number;
  readonly metricsPort: number;
  /** Where the redirect of the node leads, where it is not 2579. */
  readonly redirectPort?: number;
  /** The AKS add-on's. */
  readonly ofAddon: boolean;
  /** Serves what MIC assigns: standard mode, which is the default of podid's agent and of upstream's. */
  readonly needsMic: boolean;
  /** Of namespaces: its `--secrets-of-other-namespaces`. */
  readonly secretPairs?: SecretPairs;
  /** Of podid's: how it exchanges tokens; absent where it holds no token for that. */
  readonly exchange?: ExchangeDefaults;
  /** Kubelet asks `/readyz`, so that a ready pod is one whose rules are in place. */
  readonly provesReadiness: boolean;
}

/** What a port of a pod answered, as the API server passed it on. */
export interface PodAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * What runs in a cluster, to be looked at and never changed. All throw PodidError Forbidden |
 * ClusterUnreachable.
 */
export interface Workloads {
  /** Undefined when there is none of that name. */
  pod(key: EntryKey, signal: AbortSignal): Promise<SeenPod | undefined>;
  /** @param namespace undefined for all; `labels` is a label selector, `''` for every pod */
  pods(namespace: string | undefined, labels: string, signal: AbortSignal): Promise<readonly SeenPod[]>;
  /** @param labels as in `pods` */
  workloads(
    kind: WorkloadKind,
    namespace: string | undefined,
    labels: string,
    signal: AbortSignal,
  ): Promise<readonly Workload[]>;
  /** Names of the namespaces. */
  namespaces(signal: AbortSignal): Promise<readonly string[]>;
  nodes(signal: AbortSignal): Promise<readonly ClusterNode[]>;
  networkPolicies(namespace: string | undefined, signal: AbortSignal): Promise<readonly NetworkPolicy[]>;
  /** Of every namespace: an agent may be anywhere. */
  agents(signal: AbortSignal): Promise<readonly AgentPod[]>;
  /**
   * Asks a port of a pod through `pods/proxy`, and where that gets no answer through `pods/portforward`, as from
   * the pod itself. @param path begins with a slash @throws also ClusterUnreachable when nothing listens there
   */
  ask(pod: EntryKey, port: number, path: string, signal: AbortSignal): Promise<PodAnswer>;
  /** The last lines of a container's log. */
  log(
    pod: Pick<AgentPod, 'namespace' | 'name' | 'container'>,
    lines: number,
    signal: AbortSignal,
  ): Promise<string>;
}

/** The objects of a cluster, and what runs in it. */
export interface ReachedObjects extends ClusterObjects {
  /** Absent where only commands that Azure runs in the cluster reach it. */
  readonly workloads?: Pick<Workloads, 'agents' | 'pods'>;
}

/** A cluster's API, signed in to. */
export interface ConnectedCluster extends ReachedObjects {
  readonly workloads: Workloads;
  readonly standardMode: StandardMode;
  readonly agent: AgentCluster;
  readonly policies: ClusterPolicies;
  readonly exchange: ExchangeCluster;
  readonly migration: MigrationObjects<WorkloadKind>;
  readonly takeover: TakeoverCluster;
  readonly seen: SeenPods<AgentPod>;
  readonly access: AccessObjects;
  readonly migrationWrites: MigrationWrites;
  readonly support: SupportCluster;
  readonly load: AgentLoads;
}
