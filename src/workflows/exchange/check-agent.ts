import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import { changeAgent } from '../../domain/hints/change-agent.ts';
import { type AgentInstallation, agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { advice, command, type Hint, othersText } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { chooseWay } from '../agent/choose-way.ts';
import { agentHome, type ExchangeView } from './read-exchange.ts';

/** podid's agent, with a token to exchange. */
export type ExchangingAgent = AgentInstallation & Required<Pick<AgentInstallation, 'exchange'>>;

/**
 * Exchanging is podid's agent's: no other does it, and one without its token cannot.
 *
 * @throws PodidError ExchangeUnavailable
 */
export function exchangingAgent({ cluster, agent, agents }: ExchangeView): ExchangingAgent {
  if (agent === undefined) {
    const others = agents.map(agentKindText).join(' and ');
    throw new PodidError(
      'ExchangeUnavailable',
      others === ''
        ? "podid's agent is not installed, and nothing else exchanges tokens."
        : `The pods are served by ${others}, which cannot exchange tokens; podid's agent can.`,
      { hint: wayToAgent(agents, cluster.profile.enabled), target: cluster.resourceId },
    );
  }
  checkOnlyOne(cluster.resourceId, agents);
  const { exchange } = agent;
  if (exchange === undefined) {
    throw new PodidError(
      'ExchangeUnavailable',
      `${agentKindText(agent)} has no token to exchange: it is older than exchanging, or podid.exchange.enabled is not true.`,
      {
        hint: advice`With the values that it was installed with: ${changeAgent(agent, 'podid.exchange.enabled=true')}`,
        target: cluster.resourceId,
      },
    );
  }
  return { ...agent, exchange };
}

/**
 * Whoever may make DaemonSets in a namespace can make one that looks like the agent: its account would be given every
 * identity, or would hide the credential that is to be revoked. `kube-system` is the administrators' own.
 *
 * @throws PodidError ExchangeUnavailable
 */
export function checkOnlyOne(target: string, agents: readonly AgentInstallation[]): void {
  const own = agents.filter(({ kind }) => kind === 'podid');
  if (own.length > 1 && !own.some(({ namespace }) => namespace === agentHome)) {
    const named = own.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    throw new PodidError(
      'ExchangeUnavailable',
      `${own.length} DaemonSets have the labels of podid's agent (${named}), and none of them is in ${agentHome}. The identities trust the account of one, and podid cannot tell which is yours.`,
      {
        hint: advice`Have one agent: ${command('kubectl delete daemonset NAME -n NAMESPACE')} takes away what is not yours; or install podid in ${othersText(agentHome)}`,
        target,
      },
    );
  }
}

/** As `podid nmi install` names it beside the same agents. */
function wayToAgent(agents: readonly AgentInstallation[], isAddonOn: boolean): Hint {
  try {
    chooseWay(agents, {
      namespace: agentHome,
      alongside: false,
      force: false,
      addon: isAddonOn ? 'on' : 'off',
    });
  } catch (error) {
    if (isPodidError(error, 'AgentPresent') && error.hint !== undefined) {
      return advice`${error.hint}, each with --set podid.exchange.enabled=true`;
    }
    throw error;
  }
  return command('podid nmi install --set podid.exchange.enabled=true');
}

/**
 * The tokens of the cluster whose identities will trust its issuer are to be signed by that issuer: a kubeconfig may
 * lead to another cluster, whose agent would then be given the identities of this one.
 *
 * @throws PodidError ExchangeUnavailable
 */
export function checkIssuer(
  { cluster }: Pick<ExchangeView, 'cluster'>,
  issuer: string,
  trust: FederatedTrust,
): void {
  if (issuer !== trust.issuer) {
    throw new PodidError(
      'ExchangeUnavailable',
      `The API server signs for the issuer ${issuer === '' ? '(none)' : issuer}, and cluster ${cluster.id.name} has the issuer ${trust.issuer} in Azure. The kubeconfig leads to another cluster, or the issuer was turned on a moment ago.`,
      {
        hint: advice`Compare ${command('kubectl get --raw /.well-known/openid-configuration')} with ${othersText(trust.issuer)}; without --kubeconfig and --context podid takes the credentials of that very cluster`,
        target: cluster.resourceId,
      },
    );
  }
}
