import { counted } from '../../../domain/counted.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import { noExchangeDefaults, tokenSourceOf } from '../../../domain/exchange/token-source.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import type { AzureIdentity, AzureIdentityBinding } from '../../../domain/kubernetes/identity-resources.ts';
import { ownAgent } from '../../../domain/kubernetes/own-agents/own-agents.ts';
import { someOf } from '../../../domain/takeover/compare-objects.ts';
import { podsOfBinding, warmthOf } from '../../../domain/takeover/used-resources.ts';
import { advice } from '../../../errors/hint.ts';
import type { TakeoverRun } from '../takeover-run.ts';
import { type Seen, whatAgentsSaw } from './asked-resources.ts';
import { leadingBindings } from './leading-bindings.ts';
import { isProbe } from './render-probe.ts';

/**
 * Says of each identity that stays with the nodes for which resources the agents have tokens: while AKS has taken it, and
 * podid not put it back, pods get these alone.
 */
export async function reportWarmth(run: TakeoverRun): Promise<void> {
  const { kube, deps, request } = run;
  const agents = await kube.agent.installations(request.namespace, deps.signal);
  const agent = ownAgent(agents, request.namespace);
  const defaults = agent?.exchange ?? noExchangeDefaults;
  const staying = stayingOf(run, defaults);
  if (agent === undefined || staying.length === 0) {
    return;
  }
  const seen = await whatAgentsSaw(run, agent);
  if (seen === undefined) {
    return;
  }
  for (const each of staying) {
    reportIdentity(run, each, seen);
  }
}

interface Staying {
  readonly identity: AzureIdentity;
  readonly bindings: readonly AzureIdentityBinding[];
  /** Its pods are those of another identity as well: the record does not say as which they ask. */
  readonly isShared: boolean;
}

function stayingOf(run: TakeoverRun, defaults: Parameters<typeof tokenSourceOf>[1]): readonly Staying[] {
  const leads = leadingBindings(run);
  const keyOf = ({ metadata, spec }: AzureIdentityBinding) => `${metadata.namespace} ${spec.selector}`;
  const identities = [...new Set(leads.map(({ identity }) => identity))];
  return identities
    .filter((identity) => tokenSourceOf(identity, defaults).kind === 'imds')
    .map((identity) => {
      const bindings = leads.filter((lead) => lead.identity === identity).map(({ binding }) => binding);
      const keys = new Set(bindings.map(keyOf));
      const isShared = leads.some((lead) => lead.identity !== identity && keys.has(keyOf(lead.binding)));
      return { identity, bindings, isShared };
    });
}

function reportIdentity(run: TakeoverRun, of: Staying, { record, pods: all }: Seen): void {
  const { report, clock } = run.deps;
  const { cluster } = run.request;
  const pods = of.bindings.flatMap((binding) => podsOfBinding(binding, all));
  const own = pods.filter((pod) => !isProbe(pod));
  if (own.length === 0) {
    return;
  }
  const name = entryText(of.identity.metadata);
  const wayOut = advice`${nextCommand('exchange status', cluster)}  # says what keeps it from being exchanged; or have its pods ask there before the add-on is turned off, as they do when they are restarted: --until 3 ends before that; to go on: ${nextCommand('takeover apply', cluster).again()}`;
  if (of.isShared) {
    report.warn(
      `${name} stays with the nodes, and its pods have other identities, too. As which of them they asked the agents do not know, nor so for which resources they have a token of it.`,
      wayOut,
    );
    return;
  }
  const { warm, cold, silent } = warmthOf(record, own, pods.filter(isProbe), clock.now());
  if (warm.length > 0) {
    report.note(
      `${name} stays with the nodes. On each node with pods of it the agent has a token for ${someOf(warm)}.`,
    );
  }
  if (cold.length > 0) {
    const pairs = cold.map(({ resource, node }) => `${resource} on ${node}`);
    report.warn(
      `${name} stays with the nodes, and its pods use what the agent has no lasting token for: ${someOf(pairs)}. While AKS has taken the identity from the nodes, pods there may get none.`,
      wayOut,
    );
  }
  if (silent.length > 0) {
    const unheard = (record.unheard ?? []).map(({ node }) => node);
    const why = unheard.length === 0 ? '' : ` Not read: what the agents of ${someOf(unheard)} saw.`;
    report.warn(
      `${name} stays with the nodes, and of its ${counted(own.length, 'pod')} these got no token since podid's agent came: ${someOf(silent)}. For what they ask nobody knows.${why}`,
      wayOut,
    );
  }
}
