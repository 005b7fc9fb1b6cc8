import type { Clock } from '../../runtime/clock.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { TokenSubject } from './token.ts';
import type { UpstreamSource } from './upstream-source.ts';

const secondsBuckets = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10];

/** Wraps token sources so that each call upstream is timed, under upstream's names and labels. */
export function measuredSources(metrics: Metrics, clock: Clock): (source: UpstreamSource) => UpstreamSource {
  const duration = metrics.histogram(
    {
      name: 'aadpodidentity_imds_operations_duration_seconds',
      help: 'Token calls to IMDS and Entra, the wait for their turn included',
      labels: ['operation_type'],
    },
    secondsBuckets,
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

/** Upstream's words. */
function operationType(subject: TokenSubject): string {
  if (subject.kind === 'node-default') {
    return 'adal_token_msi';
  }
  return subject.kind === 'managed-identity' ? 'adal_token_msi_userassignedid' : 'adal_token';
}
