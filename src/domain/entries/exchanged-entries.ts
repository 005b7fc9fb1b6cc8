import {
  type ExchangeDefaults,
  noExchangeDefaults,
  type TokenSourceDecision,
  tokenSourceOf,
} from '../exchange/token-source.ts';
import type { AzureIdentity, IdentityResources } from '../kubernetes/identity-resources.ts';
import type { AgentPod } from '../kubernetes/workloads.ts';
import { type EntryKey, entryText } from './pod-identity.ts';

export interface SourcedIdentity {
  readonly identity: AzureIdentity;
  readonly decision: TokenSourceDecision;
}

/** Where the tokens of each AzureIdentity come from, as agents decide that are set so. */
export function sourcedIdentities(
  resources: Pick<IdentityResources, 'identities'> | undefined,
  defaults: ExchangeDefaults = noExchangeDefaults,
): readonly SourcedIdentity[] {
  return (resources?.identities ?? []).map((identity) => ({
    identity,
    decision: tokenSourceOf(identity, defaults),
  }));
}

/** Whether the tokens of an entry come from Entra, so that no node needs its identity. */
export function exchangedAmong(sourced: readonly SourcedIdentity[]): (key: EntryKey) => boolean {
  const exchanged = sourced.filter(({ decision }) => decision.kind === 'exchange');
  const keys = new Set(exchanged.map(({ identity }) => entryText(identity.metadata)));
  return (key) => keys.has(entryText(key));
}

/** How podid's agents are set, which no object says: one DaemonSet sets them all alike. */
export function exchangeDefaultsOf(agents: readonly Pick<AgentPod, 'exchange'>[]): ExchangeDefaults {
  const [own] = agents.flatMap(({ exchange }) => exchange ?? []);
  return own ?? noExchangeDefaults;
}
