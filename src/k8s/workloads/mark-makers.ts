import type { EntryKey } from '../../domain/entries/pod-identity.ts';
import { agentHome, judgeMaker, type MadeAgent } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { parseBoundAccounts } from '../../validate/kubernetes/access/bound-account.ts';

/**
 * Says of each agent who can have made it. Where all are in `kube-system` nobody is asked.
 *
 * @param accountOf as whom it runs, in its own namespace, and whether it has podid's labels
 * @param bindings lists ClusterRoleBindings @throws as `bindings`, but for Forbidden
 */
export async function markMakers<Agent extends MadeAgent>(
  agents: readonly Agent[],
  accountOf: (agent: Agent) => { readonly serviceAccount: string; readonly isPodids: boolean },
  bindings: () => Promise<readonly unknown[]>,
): Promise<readonly Agent[]> {
  if (agents.every(({ namespace }) => namespace === agentHome)) {
    return agents;
  }
  const bound = await bindings().then(
    (items) => items.flatMap(parseBoundAccounts),
    (error: unknown) => {
      if (!isPodidError(error, 'Forbidden')) {
        throw error;
      }
      return undefined;
    },
  );
  return agents.map((agent) => {
    const { serviceAccount, isPodids } = accountOf(agent);
    const account: EntryKey = { namespace: agent.namespace, name: serviceAccount };
    return { ...agent, madeBy: judgeMaker(account, isPodids, bound) };
  });
}
