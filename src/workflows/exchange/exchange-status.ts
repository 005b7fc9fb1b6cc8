import type { Deps } from '../../domain/deps.ts';
import type { ExchangeRow } from '../../domain/exchange/exchange-state.ts';
import { agentKindText } from '../../domain/kubernetes/agent-installation.ts';
import { advice, command, othersText } from '../../errors/hint.ts';
import { type ExchangeQuestion, type ExchangeView, readExchange } from './read-exchange.ts';

/** Where the tokens of each identity come from, and whether Entra would exchange them. @throws as `readExchange` */
export async function exchangeStatus(
  deps: Pick<Deps, 'azure' | 'kube' | 'clock' | 'report' | 'signal'>,
  question: ExchangeQuestion,
): Promise<readonly ExchangeRow[]> {
  const kube = await deps.kube.connect(deps.signal);
  const view = await readExchange(deps, kube, question);
  reportLacks(deps, view);
  return view.identities.map(({ row }) => row);
}

/** What the cluster as a whole lacks, once, and what to type. */
function reportLacks(
  { report }: Pick<Deps, 'report'>,
  { cluster, agent, agents, identities }: ExchangeView,
): void {
  if (agent === undefined) {
    const others = agents.map(agentKindText).join(' and ');
    report.note(
      others === ''
        ? advice`podid's agent, which exchanges tokens, is not installed: ${command('podid nmi install --set podid.exchange.enabled=true')}`
        : advice`podid's agent, which exchanges tokens, is not installed; the nodes run ${othersText(others)}. To see the way to install it: ${command('podid nmi status')}`,
    );
  } else if (agent.exchange === undefined) {
    report.note(
      advice`podid's agent holds no token to exchange: the chart's value podid.exchange.enabled is not true.`,
    );
  }
  if (cluster.oidcIssuer?.url === undefined) {
    report.note(
      advice`The OIDC issuer of the cluster is off. To turn it on, after a question: ${command('podid exchange enable')}`,
    );
  }
  const untrusted = identities.filter(({ row }) => row.state === 'untrusted').length;
  if (untrusted > 0) {
    report.warn(
      `${untrusted === 1 ? '1 identity is' : `${untrusted} identities are`} to be exchanged, and Entra refuses it: pods get no new tokens of ${untrusted === 1 ? 'it' : 'them'}.`,
      command('podid exchange enable'),
    );
  }
}
