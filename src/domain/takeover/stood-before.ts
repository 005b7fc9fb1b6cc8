import { type EntryKey, entryText } from '../entries/pod-identity.ts';
import { noExchangeDefaults, type TokenSourceName, tokenSourceOf } from '../exchange/token-source.ts';
import type { AgentInstallation } from '../kubernetes/agent-installation.ts';
import type { AzureIdentity } from '../kubernetes/identity-resources.ts';

/** How it was when the takeover was planned: a rollback leaves that, and takes back what the takeover did. */
export interface StoodBefore {
  /** The add-on was on; without it no takeover is begun. */
  readonly addon: boolean;
  /** podid's own agent was there, by another hand than a takeover's. */
  readonly agent: boolean;
  /** Where the tokens of each managed identity came from, by `NAMESPACE/NAME`. */
  readonly sources: Readonly<Record<string, TokenSourceName>>;
}

type Agent = Pick<AgentInstallation, 'exchange' | 'ofTakeover'> | undefined;

/**
 * Whether podid's own agent is there for another reason than a takeover: a rollback leaves it then. One that a takeover put
 * there whose ConfigMap is gone belongs to the takeover that is begun anew.
 */
export function stoodByItself(agent: Pick<AgentInstallation, 'ofTakeover'> | undefined): boolean {
  return agent !== undefined && agent.ofTakeover !== true;
}

/** Sorted. @param agent podid's own; undefined: there is none */
export function stoodBefore(
  isAddonOn: boolean,
  agent: Agent,
  identities: readonly AzureIdentity[],
): StoodBefore {
  const sources = identities.flatMap((identity) => {
    const source = sourceOf(identity, agent);
    return source === undefined ? [] : [[entryText(identity.metadata), source] as const];
  });
  const sorted = sources.toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { addon: isAddonOn, agent: stoodByItself(agent), sources: Object.fromEntries(sorted) };
}

/** Whose tokens came from the nodes then, and are exchanged now. */
export function switchedSince(
  { sources }: StoodBefore,
  agent: Agent,
  identities: readonly AzureIdentity[],
): readonly EntryKey[] {
  return identities.flatMap((identity) => {
    const { namespace, name } = identity.metadata;
    const wasOnNodes = sources[entryText(identity.metadata)] === 'imds';
    return wasOnNodes && sourceOf(identity, agent) === 'exchange' ? [{ namespace, name }] : [];
  });
}

/** One that is to be exchanged and cannot be is not on the nodes either; a service principal never is. */
function sourceOf(identity: AzureIdentity, agent: Agent): TokenSourceName | undefined {
  const { kind } = tokenSourceOf(identity, agent?.exchange ?? noExchangeDefaults);
  return kind === 'service-principal' ? undefined : kind === 'imds' ? 'imds' : 'exchange';
}
