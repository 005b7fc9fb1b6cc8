import type { EntryKey } from '../../entries/pod-identity.ts';
import type { LabelSelector } from '../../kubernetes/network-policy.ts';
import type { ReadPod, ReadWorkload } from '../read-workload.ts';

/** Field manager that owns nothing but what a migration writes, so that going back takes nothing else along. */
export const migrationManager = 'podid-migrate';

/** Annotation of a service account: the client id that others had there and that a migration took over by `--force`. */
export const formerAnnotation = 'podid.io/migration-former-client-id';

/** How far the pods of a workload are those of its template. */
export interface Rollout {
  /** Pods of the template as it is now, and how many there are to be. */
  readonly updated: number;
  readonly wanted: number;
  readonly done: boolean;
  /** Why its controller makes no more pods, in the controller's own sentence. */
  readonly stuck?: string;
}

/** How many pods a Deployment makes, and goes without, at a time: a number, or a share such as `25%`. */
export interface RollingShares {
  readonly maxSurge: number | string;
  readonly maxUnavailable: number | string;
}

/** A workload as it is at this moment, to be changed at this version and no other. */
export interface LiveWorkload extends ReadWorkload {
  readonly resourceVersion: string;
  /** The whole of it; a CronJob and a ScaledJob ask for nothing. */
  readonly podSelector: LabelSelector;
  /** A Deployment that makes no pods of a changed template. */
  readonly paused: boolean;
  /** Of a StatefulSet: pods below this ordinal stay as they are; 0 for every other. */
  readonly partition: number;
  /** How many pods it is to have; undefined where their number is not its own to say. */
  readonly replicas?: number;
  /** It ends all of its pods before it makes new ones. */
  readonly recreates: boolean;
  /** Of a Deployment that does not. */
  readonly rolling?: RollingShares;
  readonly rollout: Rollout;
}

export interface LivePod extends ReadPod {
  readonly ready: boolean;
  readonly ending: boolean;
}

/** What is to change of a workload; null takes away, and what is absent stays. */
export interface WorkloadChange {
  readonly templateLabels?: Readonly<Record<string, string | null>>;
  readonly templateAnnotations?: Readonly<Record<string, string | null>>;
  /** Of the workload itself, which no pod inherits. */
  readonly annotations?: Readonly<Record<string, string | null>>;
  readonly paused?: boolean;
  readonly partition?: number | null;
  readonly rolling?: RollingShares;
}

/**
 * What became of an account's annotations. `former`: the client id of others that came back; `contested`: others own them;
 * the sentence is the API server's.
 */
export type AccountWrite =
  | { readonly kind: 'written'; readonly former?: string }
  | { readonly kind: 'same' | 'missing' }
  | { readonly kind: 'contested'; readonly sentence: string };

/** The webhook of Workload Identity as it stands. */
export interface WebhookStanding {
  /** It is registered for new pods. */
  readonly registered: boolean;
  /** What answers for it; absent where no Deployment has its label. */
  readonly deployment?: EntryKey & { readonly ready: number; readonly image: string };
}

/** What a migration writes in a cluster, and reads for it. All throw PodidError Forbidden | ClusterUnreachable. */
export interface MigrationWrites {
  /**
   * Makes these the annotations that podid owns on an account; none gives back all of them. Those of others stay.
   *
   * @param force takes them over from whoever owns them, and keeps the client id that was there until it is given back
   */
  annotateAccount(
    account: EntryKey,
    annotations: Readonly<Record<string, string>>,
    options: { readonly force: boolean; readonly signal: AbortSignal },
  ): Promise<AccountWrite>;
  /** Undefined where there is none, or podid does not know its kind. */
  workload(key: EntryKey & { readonly kind: string }, signal: AbortSignal): Promise<LiveWorkload | undefined>;
  /** Those that its selector chooses and that it made, itself or by its ReplicaSets or Jobs. */
  podsOf(workload: LiveWorkload, signal: AbortSignal): Promise<readonly LivePod[]>;
  /**
   * Changes the very version that was read. @returns `conflict` where it has changed since, or is gone
   *
   * @throws PodidError also AgentRefused: the cluster takes no such change
   */
  change(
    workload: LiveWorkload,
    change: WorkloadChange,
    signal: AbortSignal,
  ): Promise<LiveWorkload | 'conflict'>;
  webhook(signal: AbortSignal): Promise<WebhookStanding>;
}
