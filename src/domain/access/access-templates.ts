import { workloadGroups } from '../migrate/bound-workloads.ts';
import type { AccessFacts } from './access-facts.ts';
import type { AccessTemplate } from './access-objects.ts';

/** What workloads make pods of, by the workload at the top of its owners: a Deployment, and not its ReplicaSets. */
export function accessTemplates({ workloads }: Pick<AccessFacts, 'workloads'>): readonly AccessTemplate[] {
  return workloadGroups({ workloads, pods: { kind: 'read', value: [] } }).flatMap(
    ({ kind, namespace, name, templates }) =>
      templates.map(({ labels, serviceAccount, hostNetwork, windows, virtualNode }) => ({
        namespace,
        workload: `${kind}/${name}`,
        labels,
        serviceAccount,
        // There an agent would not stand before them in any case, and no identity is on a virtual node.
        hostNetwork: hostNetwork && !windows && !virtualNode,
      })),
  );
}

/** Kinds of workloads that could not be read: whether there is one without pods is not known then. */
export function unreadKinds({ workloads }: Pick<AccessFacts, 'workloads'>): readonly string[] {
  return [...workloads].flatMap(([kind, { kind: state }]) => (state === 'unread' ? kind : []));
}
