import type { Pod } from '../../domain/kubernetes/pod.ts';
import type { Evidence } from './evidence.ts';
import type { BindingQuestion } from './pod-decisions.ts';
import { readOr } from './probe.ts';
import { scopeOf } from './standard-mode.ts';

/** By what the agents of the cluster decide for a pod: the one on its node, as far as they differ. */
export function rulesOfAgents(
  evidence: Evidence,
): (pod: Pick<Pod, 'nodeName'>) => Pick<BindingQuestion, 'scope' | 'secretPairs' | 'exchange'> {
  const scope = evidence.standard && scopeOf(evidence, evidence.standard);
  // Another's agent, which knows no pairs, may run beside podid's.
  const agents = readOr(evidence.agents, []).filter((agent) => agent.secretPairs !== undefined);
  return ({ nodeName }) => {
    const { secretPairs, exchange } = agents.find((agent) => agent.nodeName === nodeName) ?? agents[0] ?? {};
    return { scope, secretPairs, exchange };
  };
}
