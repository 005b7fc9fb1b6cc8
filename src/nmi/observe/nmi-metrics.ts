import type { Clock } from '../../domain/time/clock.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { HeldRequest } from '../http/held-requests.ts';
import type { TokenSubject, UpstreamSource } from '../tokens/token.ts';
import type { TokenMetrics } from '../tokens/token-metrics.ts';
import type { EventOutcome } from './events/refusal-events.ts';

export interface OperationKind {
  readonly type: 'msi' | 'host';
  readonly status: number;
  /** Of the pod, once it is known to exist; empty before. */
  readonly namespace: string;
  readonly resource: string;
}

export interface Operation extends OperationKind {
  readonly seconds: number;
}

/** What the server counts. The token room and the rules room count their own. */
export interface NmiMetrics {
  operation(operation: Operation): void;
  /** @returns counts one such request that took so many seconds */
  operationsOf(kind: OperationKind): (seconds: number) => void;
  /** @param reason of an `ErrorAnswer`: one of a fixed few words */
  refused(reason: string): void;
  arbitraryIdentity(): void;
  kubernetesError(resource: string): void;
  metadata(status: number): void;
  connectionRefused(): void;
  held(request: HeldRequest): void;
  fault(): void;
  event(outcome: EventOutcome): void;
}

/** Upstream's first bucket was half a second; the usual answer takes some tenths of a millisecond. */
const secondsBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 100,
];

const heldBuckets = [0.01, 0.05, 0.25, 1, 2, 5, 10, 25, 50, 100];

export function createNmiMetrics(metrics: Metrics): NmiMetrics {
  const operation = metrics.histogram(
    {
      name: 'aadpodidentity_nmi_operations_duration_seconds',
      help: 'Token requests: time to the answer',
      labels: ['operation_type', 'status_code', 'namespace', 'resource'],
    },
    secondsBuckets,
  );
  const kubernetesError = metrics.counter({
    name: 'aadpodidentity_kubernetes_api_operations_errors_count',
    help: 'Failed lists, watches and reads of the Kubernetes API',
    labels: ['operation_type'],
  });
  const refused = metrics.counter({
    name: 'podid_nmi_refused_total',
    help: 'Token requests refused, by reason',
    labels: ['reason'],
  });
  const metadata = metrics.counter({
    name: 'podid_nmi_metadata_requests_total',
    help: 'Requests for the rest of IMDS, by status',
    labels: ['status_code'],
  });
  const held = metrics.histogram(
    {
      name: 'podid_nmi_held_seconds',
      help: 'Requests held for what heals by itself: how long, by the last reason and by how it ended',
      labels: ['reason', 'end'],
    },
    heldBuckets,
  );
  const events = metrics.counter({
    name: 'podid_nmi_events_total',
    help: 'Events about refused pods, by what became of them',
    labels: ['outcome'],
  });
  const plain = (name: string, help: string) => {
    let total = 0;
    metrics.total({ name, help }, () => [[{}, total]]);
    return () => {
      total += 1;
    };
  };
  const operationsOf = ({ type, status, namespace, resource }: OperationKind) =>
    operation.series({
      operation_type: type,
      status_code: String(status),
      namespace,
      resource: resource === '' ? 'none' : resourceLabel(resource),
    });
  return {
    operation: ({ seconds, ...kind }) => operationsOf(kind)(seconds),
    operationsOf,
    refused: (reason) => refused({ reason }),
    kubernetesError: (resource) => kubernetesError({ operation_type: resource }),
    metadata: (status) => metadata({ status_code: String(status) }),
    arbitraryIdentity: plain(
      'podid_nmi_arbitrary_identity_total',
      'Requests without a choice by pods that have several identities',
    ),
    held: ({ reason, end, seconds }) => held({ reason, end }, seconds),
    connectionRefused: plain('podid_nmi_connections_refused_total', 'Connections beyond the limits'),
    fault: plain('podid_nmi_faults_total', 'Faults of the agent itself'),
    event: (outcome) => events({ outcome }),
  };
}

/**
 * Audiences that pods ask for day by day; every other becomes `other`, so that no client can fill a metric's
 * memory.
 */
const knownHosts: ReadonlySet<string> = new Set([
  'management.azure.com',
  'management.core.windows.net',
  'vault.azure.net',
  'storage.azure.com',
  'database.windows.net',
  'ossrdbms-aad.database.windows.net',
  'graph.microsoft.com',
  'graph.windows.net',
  'servicebus.azure.net',
  'eventhubs.azure.net',
  'cosmos.azure.com',
  'containerregistry.azure.net',
  'cognitiveservices.azure.com',
  'search.azure.com',
  'azconfig.io',
  'batch.core.windows.net',
  'datalake.azure.net',
  'monitor.azure.com',
  'api.loganalytics.io',
  'redis.azure.com',
  'digitaltwins.azure.net',
  'iothubs.azure.net',
]);

/** A resource as a metric's label: the host of a known one, or `other`. */
export function resourceLabel(resource: string): string {
  const host = resource.replace(/^https:\/\//, '').replace(/\/.*$/, '');
  return knownHosts.has(host) ? host : 'other';
}

/** The token room's numbers, as Prometheus metrics. */
export function tokenCounters(metrics: Metrics): TokenMetrics {
  const answers = metrics.counter({
    name: 'podid_nmi_token_answers_total',
    help: 'Token requests not answered from the cache: joined to a call under way, or with a call of their own',
    labels: ['from'],
  });
  const renewals = metrics.counter({
    name: 'podid_nmi_token_renewals_total',
    help: 'Renewals of tokens that were still good',
    labels: ['outcome'],
  });
  const refusals = metrics.counter({
    name: 'podid_nmi_token_refusals_total',
    help: 'Token requests that got no token, by reason',
    labels: ['reason'],
  });
  const now = { hits: 0, inFlight: 0, queued: 0, keys: 0, bytes: 0 };
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name, help }, () => [[{}, read()]]);
  gauge('podid_nmi_upstream_in_flight', 'Token calls under way', () => now.inFlight);
  gauge('podid_nmi_upstream_queued', 'Token calls that wait for their turn', () => now.queued);
  gauge('podid_nmi_cached_keys', 'Tokens in memory', () => now.keys);
  gauge('podid_nmi_cached_bytes', 'Bytes of tokens in memory', () => now.bytes);
  metrics.total(
    { name: 'podid_nmi_token_hits_total', help: 'Token requests answered from the cache' },
    () => [[{}, now.hits]],
  );
  return {
    hit() {
      // Counted for nearly every request, so it goes to Prometheus only when that asks.
      now.hits += 1;
    },
    shared: () => answers({ from: 'shared' }),
    miss: () => answers({ from: 'upstream' }),
    renewal: (outcome) => renewals({ outcome }),
    refused: (reason) => refusals({ reason }),
    upstream(inFlight, queued) {
      now.inFlight = inFlight;
      now.queued = queued;
    },
    cached(keys, bytes) {
      now.keys = keys;
      now.bytes = bytes;
    },
  };
}

const upstreamSecondsBuckets = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10,
];

/** Wraps token sources so that each call upstream is timed, under upstream's names and labels. */
export function measuredSources(metrics: Metrics, clock: Clock): (source: UpstreamSource) => UpstreamSource {
  const duration = metrics.histogram(
    {
      name: 'aadpodidentity_imds_operations_duration_seconds',
      help: 'Token calls to IMDS and Entra, the wait for their turn included',
      labels: ['operation_type'],
    },
    upstreamSecondsBuckets,
  );
  const errors = metrics.counter({
    name: 'aadpodidentity_imds_operations_errors_count',
    help: 'Token calls to IMDS and Entra that gave no token',
    labels: ['operation_type'],
  });
  return (source) => ({
    async fetch(request, signal) {
      const labels = { operation_type: operationType(request.question.subject) };
      const began = clock.monotonic();
      try {
        return await source.fetch(request, signal);
      } catch (error) {
        errors(labels);
        throw error;
      } finally {
        duration(labels, (clock.monotonic() - began) / 1000);
      }
    },
  });
}

/** Upstream's words, and for what upstream does not do podid's own. */
function operationType(subject: TokenSubject): string {
  if (subject.kind === 'node-default') {
    return 'adal_token_msi';
  }
  if (subject.kind === 'exchange') {
    return 'exchange';
  }
  return subject.kind === 'managed-identity' ? 'adal_token_msi_userassignedid' : 'adal_token';
}
