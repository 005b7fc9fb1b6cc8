import type { LabelValues, Metrics } from '../../runtime/metrics.ts';
import { resourceLabel } from './known-resources.ts';

export interface Operation {
  readonly type: 'msi' | 'host';
  readonly status: number;
  /** Of the pod, once it is known to exist; empty before. */
  readonly namespace: string;
  readonly resource: string;
  readonly seconds: number;
}

/** What the server counts. The token room and the rules room count their own. */
export interface NmiMetrics {
  operation(operation: Operation): void;
  /** @param reason of a `Refusal`: one of a fixed few words */
  refused(reason: string): void;
  arbitraryIdentity(): void;
  kubernetesError(resource: string): void;
  metadata(status: number): void;
  connectionRefused(): void;
  fault(): void;
}

/** Upstream's first bucket was half a second; the usual answer takes some tenths of a millisecond. */
const secondsBuckets = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 100,
];

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
  const plain = (name: string, help: string) => {
    const count = metrics.counter({ name, help });
    return () => count(noLabels);
  };
  return {
    operation: ({ type, status, namespace, resource, seconds }) =>
      operation(
        {
          operation_type: type,
          status_code: String(status),
          namespace,
          resource: resource === '' ? 'none' : resourceLabel(resource),
        },
        seconds,
      ),
    refused: (reason) => refused({ reason }),
    kubernetesError: (resource) => kubernetesError({ operation_type: resource }),
    metadata: (status) => metadata({ status_code: String(status) }),
    arbitraryIdentity: plain(
      'podid_nmi_arbitrary_identity_total',
      'Requests without a choice by pods that have several identities',
    ),
    connectionRefused: plain('podid_nmi_connections_refused_total', 'Connections beyond the limits'),
    fault: plain('podid_nmi_faults_total', 'Faults of the agent itself'),
  };
}

const noLabels: LabelValues<never> = {};
