import { labelsOf, sampleOf, sumOf } from './agent-metrics.ts';
import { listed } from './check.ts';

/** How an agent of podid's stands with Entra, by its metrics. */
export interface AgentExchange {
  /**
   * `unguarded`: it makes no tokens of the pods' own accounts, since no policy confines it. `unknown`: an agent that does
   * not say, as those before exchange.
   */
  readonly state: 'ready' | 'no-token' | 'unguarded' | 'failing' | 'unknown';
  /** Code of the last failure, where no token came since: `AADSTS700213`, `no-answer`; else empty. */
  readonly failure: string;
  /** AzureIdentities by where their tokens come from, as this agent decides. */
  readonly identities: {
    readonly imds: number;
    readonly exchange: number;
    readonly servicePrincipal: number;
    readonly unusable: number;
  };
  /** By how much the clock of the node was ahead of Entra's, in seconds. */
  readonly clockAheadSec: number;
}

/** @param text Prometheus text; undefined where the agent could not be asked */
export function exchangeOfAgent(text: string | undefined): AgentExchange {
  const metrics = text ?? '';
  const count = (source: string) => sumOf(metrics, 'podid_nmi_identities', { source });
  const present = sampleOf(metrics, 'podid_nmi_exchange_token_present');
  const failedSec = sampleOf(metrics, 'podid_nmi_exchange_last_failure_seconds') ?? 0;
  const isFailing = failedSec > (sampleOf(metrics, 'podid_nmi_exchange_last_token_seconds') ?? 0);
  const code = labelsOf(metrics, 'podid_nmi_exchange_last_failure_seconds')?.get('code') ?? '';
  const isUnguarded = sampleOf(metrics, 'podid_nmi_exchange_guard_stands') === 0;
  const standing = present === 0 ? 'no-token' : isUnguarded ? 'unguarded' : isFailing ? 'failing' : 'ready';
  return {
    state: present === undefined ? 'unknown' : standing,
    failure: isFailing ? code : '',
    identities: {
      imds: count('imds'),
      exchange: count('exchange'),
      servicePrincipal: count('service-principal'),
      unusable: count('unusable'),
    },
    clockAheadSec: sampleOf(metrics, 'podid_nmi_exchange_clock_ahead_seconds') ?? 0,
  };
}

/** By which an install, or an upgrade, brings the policies again. */
export const exchangeGuardValues = [
  'podid.exchange.enabled=true',
  'podid.exchange.subject=workload',
] as const;

/** @param nodes at least one */
export function unguardedText(nodes: readonly string[]): string {
  return `The agent makes no tokens of the pods' own accounts on ${listed(nodes)}: an admission policy that confines it, or its binding, is gone or was changed. Pods whose identities are exchanged in that way get no new tokens.`;
}
