import { kubenetConsentMissing } from '../../../domain/clusters/check-cluster.ts';
import { isKubenet } from '../../../domain/clusters/cluster-kind.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { advice } from '../../../errors/hint.ts';
import { sumOf } from '../agent-metrics.ts';
import { type Check, fail, judging, pass, type Verdict, warn } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { nodesInQuestion } from '../gather/nodes-in-question.ts';

/** Whether the cluster's network lets an address stand for a pod. */
export const networkPlugin: Check = {
  name: 'network-plugin',
  behind: ['cluster'],
  judge: (evidence) =>
    judging(evidence.cluster, (cluster) => {
      if (!isKubenet(cluster)) {
        return pass(`The network plugin is ${cluster.networkPlugin || 'not named'}.`);
      }
      // Azure asks for the consent where it has the entries, and for nothing where objects hold them.
      const { enabled, allowNetworkPluginKubenet } = cluster.profile;
      if (enabled && !allowNetworkPluginKubenet) {
        const { message, hint } = kubenetConsentMissing(cluster);
        return fail(message, hint);
      }
      return judgeRemedies(evidence);
    }),
};

/** Either remedy does: the policy at admission, or the agent's guard on each node. */
function judgeRemedies(evidence: Evidence): Verdict {
  const { netRawPolicy, subject } = evidence;
  if (netRawPolicy?.kind === 'read' && netRawPolicy.value !== 'none') {
    return pass(
      `The network plugin is kubenet, and an admission policy (${netRawPolicy.value}) refuses new pods that keep NET_RAW.`,
    );
  }
  if (isGuardedEverywhere(evidence)) {
    return pass(
      'The network plugin is kubenet, and the address guard is active on all nodes: no pod can pose as another.',
    );
  }
  const unread =
    netRawPolicy?.kind === 'unread'
      ? ` Whether a policy is there could not be read. ${netRawPolicy.error.message}`
      : '';
  return warn(
    `The network plugin is kubenet: a pod with NET_RAW can pose as another pod and be given its token.${unread}`,
    advice`${nextCommand('policy kubenet', subject.cluster, { apply: true })}  # denies NET_RAW to new pods (docs/kubenet.md)`,
  );
}

/** By what the agents themselves say; one that says nothing guards nothing. */
function isGuardedEverywhere(evidence: Evidence): boolean {
  const guarded = new Set(
    evidence.agentProbes
      .filter(
        ({ metrics }) =>
          metrics.kind === 'read' && sumOf(metrics.value, 'podid_nmi_address_guard_active', {}) === 1,
      )
      .map(({ agent }) => agent.nodeName),
  );
  const nodes = nodesInQuestion(evidence) ?? [];
  return nodes.length > 0 && nodes.every(({ name }) => guarded.has(name));
}
