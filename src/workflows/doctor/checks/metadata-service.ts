import { advice, command } from '../../../errors/hint.ts';
import { sumOf } from '../agent-metrics.ts';
import { type Check, fail, listed, pass, skip, unread } from '../check.ts';

/**
 * Whether the agents reach the metadata service of their nodes: none of the tokens that they asked it for
 * came.
 */
export const metadataService: Check = {
  name: 'imds',
  behind: ['agent'],
  judge({ agentProbes, agents }) {
    if (agents.kind === 'unread') {
      return unread(agents.error);
    }
    if (agentProbes.length === 0) {
      return skip('There is no agent to ask.');
    }
    const cut = agentProbes.filter(({ metrics }) => {
      if (metrics.kind === 'unread') {
        return false;
      }
      const asked = imdsCalls(metrics.value, 'duration_seconds_count');
      const refused = imdsCalls(metrics.value, 'errors_count');
      return asked > 0 && refused >= asked;
    });
    if (cut.length > 0) {
      return fail(
        `Every token request of the agent to the metadata service was refused or not answered: ${listed(cut.map(({ agent }) => agent.nodeName))}. Pods there get no token.`,
        advice`${command('kubectl logs -n', cut[0]?.agent.namespace ?? '', cut[0]?.agent.name ?? '')}  # and check that the node reaches 169.254.169.254 and login.microsoftonline.com`,
      );
    }
    for (const { metrics } of agentProbes) {
      if (metrics.kind === 'unread') {
        return unread(metrics.error);
      }
    }
    return pass('The metadata service answers the agents that have asked it.');
  },
};

/**
 * Calls for managed identities, under the names that upstream's agents and podid's have in common; Entra's
 * calls are `adal_token`.
 */
function imdsCalls(text: string, what: 'duration_seconds_count' | 'errors_count'): number {
  const sums = ['adal_token_msi', 'adal_token_msi_userassignedid'].map((operation_type) =>
    sumOf(text, `aadpodidentity_imds_operations_${what}`, { operation_type }),
  );
  return sums.reduce((sum, each) => sum + each, 0);
}
