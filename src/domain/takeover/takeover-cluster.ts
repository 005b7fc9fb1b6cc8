import type { AgentObjectChange } from '../kubernetes/agent-cluster.ts';
import type { KubeObject } from '../kubernetes/kube-object.ts';

/** The ConfigMap of a takeover, as it was read. */
export interface StoredTakeover {
  readonly namespace: string;
  readonly uid: string;
  /** By which a change is refused that somebody else came before. */
  readonly resourceVersion: string;
  readonly data: Readonly<Record<string, string>>;
}

/** What a takeover does in the cluster beside what other commands do. All throw PodidError Forbidden | ClusterUnreachable. */
export interface TakeoverCluster {
  /** Uid of the namespace kube-system, which no other cluster has. */
  clusterUid(signal: AbortSignal): Promise<string>;
  /** Undefined where there is none in that namespace. */
  read(namespace: string, signal: AbortSignal): Promise<StoredTakeover | undefined>;
  /**
   * Makes it, or replaces its data if it is as it was read.
   *
   * @throws PodidError also StaleCluster: somebody else came before
   */
  write(
    place: { readonly namespace: string } | StoredTakeover,
    data: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<StoredTakeover>;
  /** Uids of the definitions of the identity kinds, by the kind; none of a definition that is missing, or being deleted. */
  definitionUids(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
  /** One that is gone already is success. */
  remove(namespace: string, signal: AbortSignal): Promise<void>;
  /**
   * Writes an object of the identity kinds as podid's own, whoever wrote it before, in one request with its annotations.
   * Those that say where tokens come from belong to `podid exchange` from then on, as if that had written them.
   *
   * @throws PodidError also AgentRefused
   */
  restore(object: KubeObject, signal: AbortSignal): Promise<AgentObjectChange>;
}
