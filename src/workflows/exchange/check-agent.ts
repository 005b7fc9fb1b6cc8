import type { FederatedTrust } from '../../domain/azure/federated-credential.ts';
import { changeAgent } from '../../domain/hints/change-agent.ts';
import { type AgentInstallation, agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { agentHome } from '../../domain/kubernetes/own-agents/agent-maker.ts';
import { ownAgents, unprovenAgents, unprovenText } from '../../domain/kubernetes/own-agents/own-agents.ts';
import { advice, command, type Hint, othersText } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { chooseWay } from '../agent/choose-way.ts';
import type { ExchangeView } from './read-exchange.ts';

/** podid's agent, with a token to exchange. */
export type ExchangingAgent = AgentInstallation & Required<Pick<AgentInstallation, 'exchange'>>;

/**
 * Exchanging is podid's agent's: no other does it, and one without its token cannot.
 *
 * @throws PodidError ExchangeUnavailable
 */
export function exchangingAgent(view: ExchangeView): ExchangingAgent {
  const { cluster, agent, agents } = view;
  checkChoice(view, enableWith);
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
 * It is certain whose account is trusted, or was: where the one agent is one that a tenant can have made, or several are
 * none of them in `kube-system`, nobody is taken for it.
 *
 * @param again the same command with `--agent-namespace` @throws PodidError ExchangeUnavailable
 */
export function checkChoice(
  { cluster, agent, agents, agentNamespace: named }: ExchangeView,
  again: (namespace: string) => Hint,
): void {
  const own = ownAgents(agents);
  const refused = (message: string, hint: Hint) =>
    new PodidError('ExchangeUnavailable', message, { hint, target: cluster.resourceId });
  const [first] = own;
  if (named !== undefined && agent === undefined) {
    throw refused(
      `podid's agent is not in namespace ${named}.`,
      first === undefined ? wayToAgent(agents, cluster.profile.enabled) : again(first.namespace),
    );
  }
  const [unproven] = agent === undefined ? unprovenAgents(agents) : [];
  if (unproven !== undefined) {
    throw refused(
      `podid's agent is not in namespace ${agentHome}. ${unprovenText(unproven)} It is not taken for podid's agent, whose account identities trust.`,
      advice`If it is yours: ${again(unproven.namespace)}`,
    );
  }
  if (named === undefined && own.length > 1 && agent?.namespace !== agentHome) {
    const names = own.map(({ namespace, name }) => `${namespace}/${name}`).join(', ');
    throw refused(
      `${own.length} DaemonSets are agents of podid's (${names}), and none of them is in ${agentHome}. The identities trust the account of one, and podid cannot tell which is meant.`,
      again('NAMESPACE'),
    );
  }
}

/**
 * Who is asked reads whose account is going to be trusted; where nobody is, it is said by who types the command.
 *
 * @throws PodidError ExchangeUnavailable
 */
export function checkNamed(
  { cluster, basis, agentNamespace }: ExchangeView,
  { namespace }: ExchangingAgent,
): void {
  if (namespace !== agentHome && agentNamespace === undefined) {
    throw new PodidError(
      'ExchangeUnavailable',
      `The identities would trust ${basis.subject}, whose agent is not in ${agentHome}, and with --yes nobody is asked whether that is right.`,
      {
        hint: advice`If it is: ${enableWith(namespace)}`,
        target: cluster.resourceId,
      },
    );
  }
}

function enableWith(namespace: string): Hint {
  return command('podid exchange enable --agent-namespace', namespace).again();
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
        hint: advice`Compare with ${othersText(trust.issuer)} what this prints: ${command('kubectl get --raw /.well-known/openid-configuration')}; without --kubeconfig and --context podid takes the credentials of that very cluster`,
        target: cluster.resourceId,
      },
    );
  }
}
