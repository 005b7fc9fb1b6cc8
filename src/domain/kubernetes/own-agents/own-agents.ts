import type { AgentInstallation } from '../agent-installation.ts';
import { makerOf } from './agent-maker.ts';

/** podid's agents that a tenant cannot have made. @param named a namespace that the user says they are in */
export function ownAgents(
  agents: readonly AgentInstallation[],
  named?: string,
): readonly AgentInstallation[] {
  return agents.filter(
    (each) => each.kind === 'podid' && (each.namespace === named || makerOf(each) === 'administrator'),
  );
}

/** The same with those of which you may not see who made them: what is in the way, whoever made it. */
export function podidAgents(
  agents: readonly AgentInstallation[],
  named: string,
): readonly AgentInstallation[] {
  return agents.filter(
    (each) => each.kind === 'podid' && (each.namespace === named || makerOf(each) !== 'anybody'),
  );
}

/** Those that have podid's labels, and are not taken for podid's agent. */
export function unprovenAgents(
  agents: readonly AgentInstallation[],
  named?: string,
): readonly AgentInstallation[] {
  const own = ownAgents(agents, named);
  return agents.filter((each) => each.kind === 'podid' && !own.includes(each));
}

/** Why it is not, in a sentence. */
export function unprovenText(agent: AgentInstallation): string {
  const { namespace, name, serviceAccount } = agent;
  const why =
    makerOf(agent) === 'unknown'
      ? "whether a ClusterRoleBinding of podid's names its account you may not see (list clusterrolebindings)"
      : `no ClusterRoleBinding of podid's names its account ${serviceAccount}`;
  return `DaemonSet ${namespace}/${name} has the labels of podid's agent, but ${why}, and whoever may make DaemonSets in ${namespace} can give them to one.`;
}

/**
 * podid's own agent in that namespace, and no other: it is believed with its image, its values and its account.
 */
export function ownAgent(
  agents: readonly AgentInstallation[],
  namespace: string,
): AgentInstallation | undefined {
  return agents.find((each) => each.kind === 'podid' && each.namespace === namespace);
}
