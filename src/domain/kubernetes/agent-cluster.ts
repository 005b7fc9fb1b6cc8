import type { EntryKey } from '../entries/pod-identity.ts';
import type { LedgerState } from '../standard-mode/ledger-state.ts';
import type { AgentInstallation } from './agent-installation.ts';
import type { AgentRelease, AgentValues } from './agent-values.ts';
import type { KubeObject, ObjectRef } from './kube-object.ts';
import type { Taint } from './taints.ts';

/**
 * What was done, or would be done, to one object of the agent. `kept`: it is someone else's, and serves as it
 * is.
 */
export interface AgentObjectChange {
  readonly kind: string;
  /** Absent for the cluster scope. */
  readonly namespace?: string;
  readonly name: string;
  readonly action: 'create' | 'update' | 'delete' | 'same' | 'foreign' | 'kept';
  /** Who wrote it, for `foreign` and `kept`. */
  readonly reason?: string;
}

export interface WriteRequest {
  /** Takes over what others wrote. */
  readonly force: boolean;
  /** The API server decides on everything, and stores nothing. */
  readonly dryRun: boolean;
}

/** How a DaemonSet's pods stand on the nodes. */
export interface Rollout {
  /** The controller has seen the newest template and counted the nodes. */
  readonly counted: boolean;
  readonly desired: number;
  /** Why no pod of it will ever be started, where the cluster says so. */
  readonly failure?: string;
  readonly nodes: readonly {
    readonly name: string;
    /** Ready, by the newest template. */
    readonly ready: boolean;
    /** Why it is not: `ImagePullBackOff: …`. */
    readonly reason?: string;
  }[];
  /** Nodes with a pod that is ending: it may be the only one there until its successor comes. */
  readonly ending: readonly string[];
  /** Why pods could not even be made, in the controller's words. */
  readonly trouble: readonly string[];
}

/** How the controller of standard mode stands. */
export interface ControllerRollout {
  readonly desired: number;
  /** Of any version. */
  readonly ready: number;
  /** All run by the newest template and are ready, and no other is left. */
  readonly done: boolean;
  /** Why pods are not ready, or could not be made. */
  readonly trouble: readonly string[];
}

/** podid-mic's ledger, and the version by which a change is refused that somebody else came before. */
export interface StoredLedger {
  readonly state: LedgerState;
  readonly version: string;
}

/** A pod that runs to its end. */
export interface FinishedPod {
  readonly phase: 'Succeeded' | 'Failed' | 'Pending' | 'Running' | 'Unknown' | 'gone';
  /** Absent where there is none. */
  readonly uid?: string;
  /** Of its container `probe`, else of its first; there once that has ended. */
  readonly exitCode?: number;
  /** What the container left as its last word. */
  readonly message?: string;
  /** Why it does not run yet, or why the kubelet ended it. */
  readonly reason?: string;
}

/** A node, as far as an agent's coming and going touches it. */
export interface TaintedNode {
  readonly name: string;
  readonly ready: boolean;
  /** Linux, and not behind a virtual kubelet: an agent belongs on it. */
  readonly takesAgent: boolean;
  readonly taints: readonly Taint[];
}

/** A Role or RoleBinding of `podid exchange`. */
export interface TokenRole {
  readonly ref: ObjectRef;
  /** Whose it is: the account, as `exchangeRolesOf` writes it. */
  readonly of: string;
}

/**
 * The cluster as the place where the agent is installed. All throw PodidError Forbidden (with the rule that
 * is missing) | ClusterUnreachable, and the signal's reason.
 */
export interface AgentCluster {
  /** All DaemonSets of node agents; only those of `namespace` where the right to list all is missing. */
  installations(namespace: string, signal: AbortSignal): Promise<readonly AgentInstallation[]>;
  /**
   * The definitions of the identity kinds, then what runs the agent, in the order in which they are written.
   */
  render(
    values: AgentValues,
    release: AgentRelease,
  ): {
    readonly definitions: readonly KubeObject[];
    readonly objects: readonly KubeObject[];
  };
  /** @throws PodidError AgentRefused when an admission policy says no */
  write(object: KubeObject, request: WriteRequest, signal: AbortSignal): Promise<AgentObjectChange>;
  /** Asks whether a pod of this template would be admitted. @throws PodidError AgentRefused */
  tryPod(daemonSet: KubeObject, signal: AbortSignal): Promise<void>;
  /** Whether the API server serves the kind of this definition. */
  isEstablished(definition: ObjectRef, signal: AbortSignal): Promise<boolean>;
  /** Of Kubernetes: 30 for 1.30. */
  serverMinor(signal: AbortSignal): Promise<number>;
  namespaceExists(name: string, signal: AbortSignal): Promise<boolean>;
  /**
   * References to everything that podid's own install wrote, identity kinds and definitions aside, and before them to
   * what lets its agent make tokens: in the order in which they go.
   */
  ownObjects(release: AgentRelease, signal: AbortSignal): Promise<readonly ObjectRef[]>;
  /** What lets agents make tokens of the pods' accounts, of those that are gone too; bindings first. */
  tokenRoles(signal: AbortSignal): Promise<readonly TokenRole[]>;
  /**
   * Deletes; what depends on it follows by and by. False when it is gone already.
   *
   * @param uid that alone, and no other of the same name @throws PodidError AgentRefused: another has the name now
   */
  remove(ref: ObjectRef, signal: AbortSignal, uid?: string): Promise<boolean>;
  /**
   * Makes an object that podid takes away again before it ends.
   *
   * @returns its uid @throws PodidError AgentRefused, also where another has the name
   */
  createBriefly(object: KubeObject, signal: AbortSignal): Promise<string>;
  /** Names of pods with these labels that are not gone yet. */
  podsLeft(
    namespace: string,
    labels: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  rollout(
    daemonSet: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<Rollout>;
  /** Undefined when there is no Deployment of that name. */
  controllerRollout(
    deployment: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<ControllerRollout | undefined>;
  /** Undefined when there is none: then nothing on machines is podid's. */
  ledger(signal: AbortSignal): Promise<StoredLedger | undefined>;
  /** Replaces it, if it is as it was read. @throws PodidError AgentRefused where somebody came before */
  keepLedger(ledger: StoredLedger, signal: AbortSignal): Promise<StoredLedger>;
  /** Whether it may list or watch the pods of every namespace. */
  listsAllPods(account: EntryKey, signal: AbortSignal): Promise<boolean>;
  taintedNodes(signal: AbortSignal): Promise<readonly TaintedNode[]>;
  /** Takes the taint of this key off a node; a node without it is left alone. */
  removeTaint(node: string, key: string, signal: AbortSignal): Promise<void>;
  podEnd(
    pod: { readonly namespace: string; readonly name: string },
    signal: AbortSignal,
  ): Promise<FinishedPod>;
  /** The newest deployed revision of a Helm release. Undefined when there is none, or it cannot be read. */
  helmRelease(
    release: { readonly name: string; readonly namespace: string },
    signal: AbortSignal,
  ): Promise<HelmRelease | undefined>;
}

export interface HelmRelease {
  readonly chart: string;
  /** What its user set. */
  readonly values: unknown;
  /** What its chart sets by itself. */
  readonly chartValues: unknown;
  /** What it put into the cluster, and would take away with itself. */
  readonly objects: readonly ObjectRef[];
  /** Those of `objects` that are labelled as aad-pod-identity's own: of its agent, and of MIC. */
  readonly upstreams: readonly ObjectRef[];
  /** Under which members of the values those of aad-pod-identity are: none, unless its chart depends on that one. */
  readonly section: readonly string[];
  /** The secrets in which Helm keeps it. */
  readonly secrets: readonly ObjectRef[];
}
