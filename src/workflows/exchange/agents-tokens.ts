import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import type { Cluster } from '../../domain/clusters/cluster.ts';
import type { AgentInstallation } from '../../domain/kubernetes/agent-installation.ts';
import type { Workloads } from '../../domain/kubernetes/workloads.ts';
import { eachConcurrently } from '../../domain/time/each-concurrently.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { labelsOf } from '../doctor/agent-metrics.ts';

/** Always 1; its label `issuer` is who signed the token that the agent would exchange now. */
const tokenMetric = 'podid_nmi_exchange_token_info';

interface Question {
  readonly cluster: Cluster;
  readonly agent: AgentInstallation;
  readonly trust: FederatedTrust;
  /** The issuer was turned on by this very command, so that a token which nobody can look at is an old one. */
  readonly isNew: boolean;
}

/**
 * Tokens that kubelets fetched before the issuer was on are signed by another, and Entra refuses them until they are
 * renewed. An agent that cannot be asked is taken for one whose token is old enough to have been renewed.
 *
 * @throws PodidError ExchangeUnavailable, and the signal's reason
 */
export async function checkAgentsTokens(
  workloads: Pick<Workloads, 'agents' | 'ask'>,
  { cluster, agent, trust, isNew }: Question,
  signal: AbortSignal,
): Promise<void> {
  const issuers = await issuersOf(workloads, agent, signal);
  const others = issuers.filter((issuer) => issuer !== trust.issuer);
  if (others.length === 0 && (issuers.length > 0 || !isNew)) {
    return;
  }
  const held =
    others.length === 0
      ? 'The OIDC issuer is on, and the agents still hold tokens of before'
      : `${others.length} of ${issuers.length} agents hold a token of the issuer ${others[0]} instead of ${trust.issuer}`;
  const { namespace, name } = agent;
  throw new PodidError(
    'ExchangeUnavailable',
    `${held}, which Entra would refuse; no identity was switched. The kubelets renew them within an hour.`,
    {
      hint: advice`To have them renewed at once: ${command('kubectl rollout restart daemonset', name, '-n', namespace)}; ${command('kubectl rollout status daemonset', name, '-n', namespace)}  # and then the same command again`,
      target: cluster.resourceId,
    },
  );
}

/** Of each agent that says it. */
async function issuersOf(
  workloads: Pick<Workloads, 'agents' | 'ask'>,
  { namespace, name }: AgentInstallation,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const pods = (await workloads.agents(signal).catch(unlessAway)) ?? [];
  const own = pods.filter((pod) => pod.namespace === namespace && pod.daemonSet === name);
  const issuers = await eachConcurrently(own, async (pod) => {
    const answer = await workloads.ask(pod, pod.metricsPort, '/metrics', signal).catch(unlessAway);
    return answer?.status === 200 ? labelsOf(answer.text, tokenMetric)?.get('issuer') : undefined;
  });
  return issuers.filter((issuer) => issuer !== undefined && issuer !== '') as string[];
}

function unlessAway(error: unknown): undefined {
  if (!isPodidError(error, 'Forbidden', 'ClusterUnreachable')) {
    throw error;
  }
}
