import type { AgentCluster } from '../../domain/kubernetes/agent-cluster.ts';
import type { Workloads } from '../../domain/kubernetes/workloads.ts';
import type { Clock, Confirm, Reporter } from '../../domain/ports.ts';

/** What the commands about the agent stand on. */
export interface AgentDeps {
  readonly agent: AgentCluster;
  readonly workloads: Workloads;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly confirm: Confirm;
}

export interface AgentWait {
  readonly timeoutMs: number;
  /** Between two looks at the cluster. */
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}
