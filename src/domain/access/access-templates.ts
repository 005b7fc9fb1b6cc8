import { topWorkloads, workloadGroups } from '../migrate/bound-workloads.ts';
import type { Reading } from '../migrate/migration-facts.ts';
import type { AccessFacts } from './access-facts.ts';
import type { AccessPod, AccessTemplate } from './access-objects.ts';

/** What workloads make pods of, by the workload at the top of its owners: a Deployment, and not its ReplicaSets. */
export function accessTemplates({ workloads }: Pick<AccessFacts, 'workloads'>): readonly AccessTemplate[] {
  return workloadGroups({ workloads, pods: { kind: 'read', value: [] } }).flatMap(
    ({ kind, namespace, name, templates }) =>
      templates.map(({ labels, serviceAccount, hostNetwork, windows, virtualNode, privileged, secrets }) => ({
        namespace,
        workload: `${kind}/${name}`,
        labels,
        serviceAccount,
        // There an agent would not stand before them in any case, and no identity is on a virtual node.
        hostNetwork: hostNetwork && !windows && !virtualNode,
        privileged: privileged === true && !windows && !virtualNode,
        secrets: secrets ?? [],
      })),
  );
}

/**
 * Pods with the workload at the top of their owners, where those were read: what is named like a Deployment's ReplicaSet
 * may be a Rollout's, and a DaemonSet an operator's.
 */
export function podsByOwners({
  pods,
  workloads,
}: Pick<AccessFacts, 'pods' | 'workloads'>): Reading<readonly AccessPod[]> {
  if (pods.kind === 'unread') {
    return pods;
  }
  const tops = topWorkloads(workloads);
  return {
    kind: 'read',
    value: pods.value.map((pod) => {
      const top = tops.get(pod.controllerUid ?? '');
      return top === undefined ? pod : { ...pod, workload: top };
    }),
  };
}

/** Kinds of workloads that could not be read: whether there is one without pods is not known then. */
export function unreadKinds({ workloads }: Pick<AccessFacts, 'workloads'>): readonly string[] {
  return [...workloads].flatMap(([kind, { kind: state }]) => (state === 'unread' ? kind : []));
}
