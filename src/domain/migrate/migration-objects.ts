import type {
  ReadDisruptionBudget,
  ReadNamespace,
  ReadProviderClass,
  ReadRoleBinding,
  ReadServiceAccount,
  ReadTrigger,
} from './migration-facts.ts';
import type { ReadPod, ReadWorkload } from './read-workload.ts';

/**
 * What a migration looks at in a cluster, and never changes. A kind that the cluster does not have has no objects. Of
 * all namespaces where none is named. `Kind`: what makes pods. All throw PodidError Forbidden | ClusterUnreachable.
 */
export interface MigrationObjects<Kind extends string> {
  workloads(kind: Kind, namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadWorkload[]>;
  pods(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadPod[]>;
  serviceAccounts(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadServiceAccount[]>;
  /** Those of the namespace, and those of the cluster. */
  roleBindings(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadRoleBinding[]>;
  namespaces(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadNamespace[]>;
  disruptionBudgets(
    namespace: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly ReadDisruptionBudget[]>;
  providerClasses(namespace: string | undefined, signal: AbortSignal): Promise<readonly ReadProviderClass[]>;
  /** Of all namespaces: KEDA's operator serves them all from its own. */
  triggers(signal: AbortSignal): Promise<readonly ReadTrigger[]>;
  /** Whether Workload Identity's mutating webhook is registered. */
  webhook(signal: AbortSignal): Promise<boolean>;
}
