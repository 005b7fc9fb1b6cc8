import type { EntryKey } from '../../entries/pod-identity.ts';

/** Where administrators of the cluster alone make anything, and where an agent is looked for first. */
export const agentHome = 'kube-system';

/**
 * Who can have made an agent. Whoever may make DaemonSets in a namespace can give one podid's labels; a ClusterRoleBinding
 * for its account takes an administrator of the cluster. `unknown`: you may not see those.
 */
export type AgentMaker = 'administrator' | 'anybody' | 'unknown';

/** An agent's DaemonSet, or a pod of it. */
export interface MadeAgent {
  readonly namespace: string;
  /** Absent where nobody looked: then whoever has its namespace can have made it. */
  readonly madeBy?: AgentMaker;
}

export function makerOf({ namespace, madeBy }: MadeAgent): AgentMaker {
  return namespace === agentHome ? 'administrator' : (madeBy ?? 'anybody');
}

/** Of all that ClusterRoleBindings say: whose account one names, and what tells that it is an agent's. */
export interface BoundAccount extends EntryKey {
  /** It has the labels of podid's agent. */
  readonly byPodid: boolean;
  /** Its ClusterRole is named after an NMI, as those of upstream's charts and manifests are. */
  readonly isOfNmi: boolean;
}

/** @param bound undefined where ClusterRoleBindings may not be seen; upstream's have no labels of its own */
export function judgeMaker(
  account: EntryKey,
  isPodids: boolean,
  bound: readonly BoundAccount[] | undefined,
): AgentMaker {
  if (account.namespace === agentHome) {
    return 'administrator';
  }
  if (bound === undefined) {
    return 'unknown';
  }
  const isNamed = bound.some(
    ({ namespace, name, byPodid, isOfNmi }) =>
      namespace === account.namespace && name === account.name && (byPodid || (!isPodids && isOfNmi)),
  );
  return isNamed ? 'administrator' : 'anybody';
}
