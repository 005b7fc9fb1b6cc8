import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { leastMinorOfNodes } from '../../domain/exchange/exchange-guard.ts';
import type { AgentCluster } from '../../domain/kubernetes/agent-cluster.ts';
import type { AgentPod, ConnectedCluster } from '../../domain/kubernetes/workloads.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { sampleOf } from '../doctor/agent-metrics.ts';
import { listed } from '../doctor/check.ts';
import { exchangeGuardValues } from '../doctor/exchange-of-agent.ts';
import { type Probe, probeNext, readOr } from '../doctor/probe.ts';

/** By which an install, or an upgrade, takes the right away. */
export const ownPodsValues = [...exchangeGuardValues, 'podid.exchange.podsOfOwnNode=true'] as const;

/**
 * Whether an agent that makes tokens of the pods' accounts has a right to the pods of all nodes that it could do without:
 * it has to be Kubernetes 1.36 or later. False where nobody says.
 */
export async function hasSpareRight(
  agent: Pick<AgentCluster, 'serverMinor' | 'listsAllPods'>,
  account: EntryKey,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (
      (await agent.serverMinor(signal)) >= leastMinorOfNodes && (await agent.listsAllPods(account, signal))
    );
  } catch (error) {
    if (isPodidError(error, 'Forbidden', 'ClusterUnreachable')) {
      return false;
    }
    throw error;
  }
}

/** The same of the agents of a cluster; empty where none of them makes tokens of the pods' accounts. */
export async function readSpareRight(
  api: Probe<ConnectedCluster>,
  agents: Probe<readonly AgentPod[]>,
  signal: AbortSignal,
): Promise<{ readonly spareRight?: Probe<boolean> }> {
  const [first] = readOr(agents, []).filter(makesTokens);
  const { namespace, serviceAccount: name } = first ?? {};
  return namespace === undefined || name === undefined
    ? {}
    : {
        spareRight: await probeNext(signal, api, ({ agent }) =>
          hasSpareRight(agent, { namespace, name }, signal),
        ),
      };
}

/** Of the pods' own accounts. */
export function makesTokens({ exchange }: Pick<AgentPod, 'exchange'>): boolean {
  return exchange?.subject === 'workload';
}

/** What an agent says of how it sees pods. */
export interface PodsSeen {
  readonly node: string;
  /** Prometheus text; undefined where it could not be asked. */
  readonly metrics: string | undefined;
}

/** Nodes of which nobody knows that their agents see their pods without the right. */
function notAsNode(agents: readonly PodsSeen[]): readonly string[] {
  return agents
    .filter(({ metrics }) => sampleOf(metrics ?? '', 'podid_nmi_pods_as_node') !== 1)
    .map(({ node }) => node);
}

/** When the right may go: `now`, or once it is needed no more. */
export function spareRight(agents: readonly PodsSeen[]): { readonly isNow: boolean; readonly text: string } {
  const lacking = notAsNode(agents);
  const isNow = agents.length > 0 && lacking.length === 0;
  const whole =
    "podid's agent may list and watch the pods of all nodes (podid.exchange.podsOfOwnNode is off)";
  return {
    isNow,
    text: isNow
      ? `${whole}. It needs that no more: on each node it sees the pods of that node alone, as the node itself.`
      : `${whole}. That may go once podid_nmi_pods_as_node is 1 on every node, and not before: an agent that cannot act as its node would see no pods.${lacking.length === 0 ? '' : ` It is not, or nobody knows, on ${listed(lacking)}.`}`,
  };
}
