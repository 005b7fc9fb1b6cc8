import type { EntryKey } from '../entries/pod-identity.ts';
import type { StandardMode } from '../standard-mode/controller.ts';
import type { AgentCluster } from './agent-cluster.ts';
import type { ClusterObjects } from './cluster-objects.ts';
import type { ClusterPolicies } from './cluster-policies.ts';
import type { NetworkPolicy } from './network-policy.ts';
import type { Pod } from './pod.ts';
import type { SecretPairs } from './secret-pairs.ts';
import type { Taint, Toleration } from './taints.ts';

/** Kinds of workloads that make pods by a template. */
export const workloadKinds = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'Job',
  'CronJob',
] as const;
export type WorkloadKind = (typeof workloadKinds)[number];

export interface Workload extends EntryKey {
  readonly kind: WorkloadKind;
  /** Of the workload itself, which no pod inherits. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the pods that it makes. */
  readonly templateLabels: Readonly<Record<string, string>>;
  /** `matchLabels` by which it knows its pods; a CronJob has none. */
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
  readonly tolerations: readonly Toleration[];
  /** Name of the container that serves. */
  readonly container: string;
  /** Of `/healthz` and `/readyz`. */
  readonly probePort: number;
  readonly metricsPort: number;
  /** The AKS add-on's. */
  readonly ofAddon: boolean;
  /** Serves what MIC assigns: standard mode, which is the default of podid's agent and of upstream's. */
  readonly needsMic: boolean;
  /** Of namespaces: its `--secrets-of-other-namespaces`. */
  readonly secretPairs?: SecretPairs;
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

/** A cluster's API, signed in to. */
export interface ConnectedCluster extends ClusterObjects {
  readonly workloads: Workloads;
  readonly standardMode: StandardMode;
  readonly agent: AgentCluster;
  readonly policies: ClusterPolicies;
}
