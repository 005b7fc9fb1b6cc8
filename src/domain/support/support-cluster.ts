import type { EntryKey } from '../entries/pod-identity.ts';

/** A kind as paths of the API name it. */
export interface ListedKind {
  /** `apps/v1`, `v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export interface ListedWhere {
  /** Absent: everywhere. */
  readonly namespace?: string;
  readonly labels?: string;
  readonly fields?: string;
}

/** An object as the API server has it. */
export type WholeObject = Readonly<Record<string, unknown>>;

/**
 * What a support bundle reads beside what podid reads anyway: objects as they are, whatever is in them. Reads alone;
 * Secrets are refused by it. All throw PodidError Forbidden | ClusterUnreachable, and the signal's reason.
 */
export interface SupportCluster {
  /** Of Kubernetes: what `/version` answers. */
  version(signal: AbortSignal): Promise<WholeObject>;
  /** All pages; none where nobody serves the kind. */
  list(kind: ListedKind, where: ListedWhere, signal: AbortSignal): Promise<readonly WholeObject[]>;
  /** Undefined where it is not there. */
  get(
    kind: ListedKind,
    key: Partial<EntryKey> & Pick<EntryKey, 'name'>,
    signal: AbortSignal,
  ): Promise<WholeObject | undefined>;
  /** The last lines of a container's log; `previous`: of the one that ran before it. */
  log(pod: EntryKey, of: ContainerLog, signal: AbortSignal): Promise<string>;
}

export interface ContainerLog {
  readonly container: string;
  readonly lines: number;
  readonly previous: boolean;
}
