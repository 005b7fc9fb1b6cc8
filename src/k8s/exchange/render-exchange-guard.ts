import {
  type GuardedAgent,
  guardObjects,
  leastMinorOfNodes,
  nodeTokensGuard,
  ownPodsGuard,
} from '../../domain/exchange/exchange-guard.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Rendering } from '../agent-objects/agent-names.ts';

/** Confines an agent that makes tokens of the pods' own accounts. Needs Kubernetes 1.30. */
export function renderExchangeGuard(rendering: Rendering): readonly KubeObject[] {
  if (!makesTokens(rendering)) {
    return [];
  }
  const agent = guardedAgent(rendering);
  const guards = [ownPodsGuard(agent), ...(actsAsNode(rendering) ? [nodeTokensGuard(agent)] : [])];
  return guards.flatMap((guard) => guardObjects(guard, rendering.labels));
}

export function guardedAgent({ release, agent, values }: Rendering): GuardedAgent {
  const { audience } = values.podid.exchange;
  return { account: { namespace: release.namespace, name: agent }, audience };
}

export function makesTokens({ values }: Rendering): boolean {
  return values.podid.exchange.subject === 'workload';
}

/** From Kubernetes 1.36 on. */
export function actsAsNode({ release }: Rendering): boolean {
  return (release.serverMinor ?? 0) >= leastMinorOfNodes;
}
