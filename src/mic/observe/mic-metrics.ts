import type { Metrics } from '../../runtime/metrics.ts';
import type { AssignmentStep } from '../decide/diff-assignments.ts';
import type { PatchOutcome } from '../machines/worker-deps.ts';

/** Upstream's numbers by upstream's names, and podid's own beside them. */
export interface MicMetrics {
  step(kind: AssignmentStep['kind'], outcome: 'written' | 'failed', ms: number): void;
  /** @param operation upstream's word where it has one: `vmss_get`, `vm_update` */
  armRequest(operation: string, outcome: 'ok' | 'failed', ms: number): void;
  patched(outcome: PatchOutcome): void;
  kubernetesError(operation: string): void;
  elected(): void;
  decided(ms: number): void;
}

const shortSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 2, 3, 4, 5, 10];
const longSeconds = [0.5, 1, 5, 10, 30, 60, 120, 300, 600, 900, 1200];
const prefix = 'aadpodidentity';

/** Upstream's words for the kinds of writes. */
const wordOf = { create: 'addition', delete: 'deletion', replace: 'update', state: 'update' } as const;
const operationOf = {
  create: 'assigned_identity_addition',
  delete: 'assigned_identity_deletion',
  replace: 'assigned_identity_update',
  state: 'update_azure_assigned_identity_status',
} as const;

export function createMicMetrics(metrics: Metrics): MicMetrics {
  const writes = {
    addition: writeMetrics(metrics, 'addition'),
    deletion: writeMetrics(metrics, 'deletion'),
    update: writeMetrics(metrics, 'update'),
  };
  const kubernetesErrors = metrics.counter({
    name: `${prefix}_kubernetes_api_operations_errors_count`,
    help: 'Requests to the API server that failed',
    labels: ['operation_type'],
  });
  const cloudErrors = metrics.counter({
    name: `${prefix}_cloud_provider_operations_errors_count`,
    help: 'Requests to Azure that failed',
    labels: ['operation_type'],
  });
  const cloudSeconds = metrics.histogram(
    {
      name: `${prefix}_cloud_provider_operations_duration_seconds`,
      help: 'How long requests to Azure took',
      labels: ['operation_type'],
    },
    longSeconds,
  );
  const requests = metrics.counter({
    name: 'podid_mic_arm_requests_total',
    help: 'Requests to Azure Resource Manager by what they were for and how they went',
    labels: ['operation', 'outcome'],
  });
  const patches = metrics.counter({
    name: 'podid_mic_machine_changes_total',
    help: 'Changes of machines by how they ended',
    labels: ['outcome'],
  });
  const cycles = metrics.counter({ name: `${prefix}_mic_cycle_count`, help: 'Decisions that were made' });
  const cycleSeconds = metrics.histogram(
    { name: `${prefix}_mic_cycle_duration_seconds`, help: 'How long decisions took' },
    longSeconds,
  );
  const elections = metrics.counter({
    name: `${prefix}_mic_new_leader_election_count`,
    help: 'How often this process was elected',
  });
  const back = metrics.counter({
    name: 'podid_mic_identities_put_back_total',
    help: 'Identities that others had taken off a machine and pods still needed',
  });
  return {
    step(kind, outcome, ms) {
      if (outcome === 'failed') {
        kubernetesErrors({ operation_type: operationOf[kind] });
      } else {
        writes[wordOf[kind]](ms);
      }
    },
    armRequest(operation, outcome, ms) {
      requests({ operation, outcome });
      cloudSeconds({ operation_type: operation }, ms / 1000);
      if (outcome === 'failed') {
        cloudErrors({ operation_type: operation });
      }
    },
    patched({ judgement, putBack }) {
      patches({ outcome: judgement });
      back({}, putBack);
    },
    kubernetesError: (operation) => kubernetesErrors({ operation_type: operation }),
    elected: () => elections({}),
    decided(ms) {
      cycles({});
      cycleSeconds({}, ms / 1000);
    },
  };
}

function writeMetrics(metrics: Metrics, word: string): (ms: number) => void {
  const count = metrics.counter({
    name: `${prefix}_assigned_identity_${word}_count`,
    help: `AzureAssignedIdentities: each ${word}`,
  });
  const seconds = metrics.histogram(
    { name: `${prefix}_assigned_identity_${word}_duration_seconds`, help: `How long each ${word} took` },
    shortSeconds,
  );
  return (ms) => {
    count({});
    seconds({}, ms / 1000);
  };
}
