import { readFileSync } from 'node:fs';
import type { ExchangeDefaults } from '../../domain/exchange/token-source.ts';
import { tokenSourceOf } from '../../domain/exchange/token-source.ts';
import type { AzureIdentity } from '../../domain/kubernetes/identity-resources.ts';
import type { Clock } from '../../domain/time/clock.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { stringAt } from '../../validate/json-record.ts';
import { claimsOfToken } from '../../validate/token-claims.ts';
import type { ClusterView } from '../cluster/cluster-view.ts';
import type { PodsConnection } from '../cluster/pods-as-node.ts';
import type { ExchangeObserver } from '../tokens/exchange/exchange-observer.ts';
import type { WorkloadGuard } from '../tokens/exchange/workload-guard.ts';

/** Counts exchanges by how they ended, and keeps the last failure for `podid nmi status`. */
export function exchangeCounters(metrics: Metrics, clock: Pick<Clock, 'now'>): ExchangeObserver {
  const calls = metrics.counter({
    name: 'podid_nmi_exchange_calls_total',
    help: "Calls to Entra in exchange for the agent's token, by outcome: token, or the code of the fault",
    labels: ['outcome'],
  });
  let failure: { readonly code: string; readonly atSec: number } | undefined;
  let tokenAtSec: number | undefined;
  let aheadMs: number | undefined;
  metrics.gauge(
    {
      name: 'podid_nmi_exchange_last_failure_seconds',
      help: 'When a call in exchange last gave no token, since the epoch, by the code of the fault',
      labels: ['code'],
    },
    () => (failure === undefined ? [] : [[{ code: failure.code }, failure.atSec]]),
  );
  const gauge = (name: string, help: string, read: () => number | undefined) =>
    metrics.gauge({ name, help }, () => {
      const value = read();
      return value === undefined ? [] : [[{}, value]];
    });
  gauge(
    'podid_nmi_exchange_last_token_seconds',
    'When a call in exchange last gave a token, since the epoch',
    () => tokenAtSec,
  );
  gauge(
    'podid_nmi_exchange_clock_ahead_seconds',
    "By how much this node's clock was ahead of Entra's at the last answer; negative: behind",
    () => (aheadMs === undefined ? undefined : Math.round(aheadMs / 1000)),
  );
  return {
    answered(outcome) {
      calls({ outcome });
      const atSec = Math.floor(clock.now() / 1000);
      if (outcome === 'token') {
        tokenAtSec = atSec;
      } else {
        failure = { code: outcome, atSec };
      }
    },
    clockAhead(ms) {
      aheadMs = ms;
    },
  };
}

/** For how many AzureIdentities each source stands, and whether there is a token to exchange. */
export function exchangeGauges(
  metrics: Metrics,
  {
    view,
    guard,
    pods,
    defaults,
    tokenFile,
  }: {
    readonly view: Pick<ClusterView, 'identities' | 'assigned'>;
    readonly guard: Pick<WorkloadGuard, 'stands'>;
    /** Undefined: pods are asked for by the agent's own account. */
    readonly pods: Pick<PodsConnection, 'asNode'> | undefined;
    readonly defaults: ExchangeDefaults;
    readonly tokenFile: string;
  },
): void {
  metrics.gauge(
    {
      name: 'podid_nmi_identities',
      help: 'AzureIdentities by where their tokens come from: imds, exchange, service-principal; unusable: their annotations cannot be followed',
      labels: ['source'],
    },
    () => {
      const counts = { imds: 0, exchange: 0, 'service-principal': 0, unusable: 0 };
      for (const identity of identitiesOf(view)) {
        counts[tokenSourceOf(identity, defaults).kind] += 1;
      }
      return Object.entries(counts).map(([source, count]) => [{ source }, count] as const);
    },
  );
  metrics.gauge(
    { name: 'podid_nmi_exchange_token_present', help: 'Whether the agent has a token to exchange' },
    () => [[{}, tokenIn(tokenFile) === '' ? 0 : 1]],
  );
  metrics.gauge(
    {
      name: 'podid_nmi_exchange_guard_stands',
      help: "Whether the admission policies stand without which the agent makes no token of the pods' own accounts; absent until it has looked",
    },
    () => (guard.stands === undefined ? [] : [[{}, guard.stands ? 1 : 0]]),
  );
  metrics.gauge(
    {
      name: 'podid_nmi_pods_as_node',
      help: 'Whether pods are listed and watched in the name of the own node, to which the API server shows its own pods alone; absent with subject agent',
    },
    () => (pods?.asNode === undefined ? [] : [[{}, pods.asNode ? 1 : 0]]),
  );
  metrics.gauge(
    {
      name: 'podid_nmi_exchange_token_info',
      help: 'Always 1 while there is a token to exchange: by whom it is signed, which Entra compares with federated credentials',
      labels: ['issuer'],
    },
    () => {
      const issuer = issuerOf(tokenIn(tokenFile));
      return issuer === '' ? [] : [[{ issuer }, 1] as const];
    },
  );
}

/** In standard mode the agent knows those that are assigned to pods of its node. */
function identitiesOf({
  identities,
  assigned,
}: Pick<ClusterView, 'identities' | 'assigned'>): Iterable<AzureIdentity> {
  const found = new Map<string, AzureIdentity>();
  for (const { spec } of assigned.all()) {
    const { azureIdentityRef: identity } = spec;
    if (identity !== undefined) {
      found.set(`${identity.metadata.namespace}/${identity.metadata.name}`, identity);
    }
  }
  return [...identities.all(), ...found.values()];
}

/** A file of memory, looked at when a scrape asks; `''` where there is none. */
function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** An address that anybody may know, and nothing else of the token. */
function issuerOf(token: string): string {
  const issuer = stringAt(claimsOfToken(token), 'iss') ?? '';
  return URL.canParse(issuer) ? issuer.slice(0, 200) : '';
}
