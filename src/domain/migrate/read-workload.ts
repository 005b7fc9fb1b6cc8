import type { EntryKey } from '../entries/pod-identity.ts';
import type { ControllerRef } from '../kubernetes/pod.ts';
import type { CleanedRecord } from './apply/cleaned-record.ts';

/** A variable of a container, as its template writes it. */
export interface WrittenVariable {
  readonly name: string;
  /** Absent where it comes from a Secret, a ConfigMap or a field: podid looks none of them up. */
  readonly value?: string;
}

/** Where pods go and by which way they reach others, each member as the template writes it: `nodeSelector`. */
export interface PodNetwork {
  readonly spec: Readonly<Record<string, unknown>>;
  /** Variables that name proxies, of the first container that has any. */
  readonly proxies: readonly Readonly<Record<string, unknown>>[];
}

/** What a workload makes its pods of, as far as a migration depends on it. */
export interface PodTemplate {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** `default` where the template names none. */
  readonly serviceAccount: string;
  readonly hostNetwork: boolean;
  /** `spec.os`, or the node selector, asks for Windows. */
  readonly windows: boolean;
  /** Asks for, or puts up with, nodes behind a virtual kubelet. */
  readonly virtualNode: boolean;
  /** Those whose names begin with `AZURE_`, of all containers. */
  readonly variables: readonly WrittenVariable[];
  /** Container ports. */
  readonly ports: readonly number[];
  readonly imagePullSecrets: readonly string[];
  /** Of the projected service-account tokens that it mounts. */
  readonly audiences: readonly string[];
  /** SecretProviderClasses that its inline volumes name. */
  readonly secretProviderClasses: readonly string[];
  /** Absent where it says nothing of it. */
  readonly network?: PodNetwork;
  /** One of its containers is. */
  readonly privileged?: true;
  /** Names of the Secrets that it mounts or reads into variables; absent: none. */
  readonly secrets?: readonly string[];
}

/** Something that makes pods. */
export interface ReadWorkload extends EntryKey {
  /** `Deployment`, `CronJob`, `Rollout`. */
  readonly kind: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Field managers, each once. */
  readonly managers: readonly string[];
  readonly template: PodTemplate;
  /** `matchLabels` by which it knows its pods. */
  readonly selector: Readonly<Record<string, string>>;
  /** It leaves its pods as they are when its template changes. */
  readonly onDelete: boolean;
  /** A Job that has ended: it makes no pod any more. */
  readonly finished: boolean;
  /** What podid took from it, and would give back. */
  readonly cleaned?: CleanedRecord;
  readonly controller?: ControllerRef;
}

/** A pod; its template is what it was made as, its own labels included. */
export interface ReadPod extends EntryKey {
  readonly uid: string;
  readonly nodeName: string;
  readonly finished: boolean;
  /** It ended, and all went well. */
  readonly succeeded?: boolean;
  readonly template: PodTemplate;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly managers: readonly string[];
  /** RFC 3339; empty where it says none. */
  readonly createdAt: string;
  readonly controller?: ControllerRef;
}
