import type { Metrics } from '../../runtime/metrics.ts';
import type { TokenMetrics } from '../tokens/token-metrics.ts';

/** The token room's numbers, as Prometheus metrics. */
export function tokenCounters(metrics: Metrics): TokenMetrics {
  const answers = metrics.counter({
    name: 'podid_nmi_token_answers_total',
    help: 'Token questions that memory could not answer: by a call under way, or by one of their own',
    labels: ['from'],
  });
  const renewals = metrics.counter({
    name: 'podid_nmi_token_renewals_total',
    help: 'Renewals of tokens that were still good',
    labels: ['outcome'],
  });
  const refusals = metrics.counter({
    name: 'podid_nmi_token_refusals_total',
    help: 'Token questions without a token, by reason',
    labels: ['reason'],
  });
  const now = { hits: 0, inFlight: 0, queued: 0, keys: 0, bytes: 0 };
  const gauge = (name: string, help: string, read: () => number) =>
    metrics.gauge({ name, help }, () => [[{}, read()]]);
  gauge('podid_nmi_upstream_in_flight', 'Token calls under way', () => now.inFlight);
  gauge('podid_nmi_upstream_queued', 'Token calls that wait for their turn', () => now.queued);
  gauge('podid_nmi_cached_keys', 'Tokens in memory', () => now.keys);
  gauge('podid_nmi_cached_bytes', 'Bytes of tokens in memory', () => now.bytes);
  gauge('podid_nmi_token_hits', 'Token questions answered from memory since the start', () => now.hits);
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
