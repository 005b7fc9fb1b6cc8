import type { Deps } from '../../domain/deps.ts';
import type { ConnectedCluster } from '../../domain/kubernetes/workloads.ts';

/** Commands about the agent need the cluster's own API, connected, and nothing of Azure. */
export type AgentDeps = Pick<ConnectedCluster, 'agent' | 'workloads' | 'standardMode'> &
  // For hints alone, which name what is bound.
  Partial<Pick<ConnectedCluster, 'read'>> &
  Pick<Deps, 'clock' | 'report' | 'confirm'>;

export interface AgentWait {
  readonly timeoutMs: number;
  /** Between two reads of the cluster. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}
