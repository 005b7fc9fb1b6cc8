import { exchangeRolesOf } from '../../domain/exchange/exchange-roles.ts';
import type { AgentCluster, TokenRole } from '../../domain/kubernetes/agent-cluster.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgents } from '../../domain/kubernetes/own-agents/own-agents.ts';

/** Of agents that are not installed any more; whoever has none costs one request a kind. */
export async function readLeftRoles(
  agent: Pick<AgentCluster, 'tokenRoles' | 'installations'>,
  signal: AbortSignal,
): Promise<readonly TokenRole[]> {
  const roles = await agent.tokenRoles(signal);
  if (roles.length === 0) {
    return [];
  }
  const installed = ownAgents(await agent.installations(agentHome, signal));
  const owners = new Set(
    installed.map(({ namespace, serviceAccount }) => exchangeRolesOf({ namespace, name: serviceAccount })),
  );
  return roles.filter(({ of }) => !owners.has(of));
}
