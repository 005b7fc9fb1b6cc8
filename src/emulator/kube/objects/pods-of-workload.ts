import type { KubeKind } from './kube-kinds.ts';
import { isMap, type KubeObject } from './kube-object.ts';
import type { KubeStore } from './kube-store.ts';

const workloads = ['DaemonSet', 'Deployment', 'ReplicaSet', 'StatefulSet'];

/** The pods of a workload, by the labels that it selects: pods of scenarios and tests name no owner. */
export function podsOfWorkload(
  store: KubeStore,
  kind: KubeKind,
  { metadata, spec }: KubeObject,
): readonly KubeObject[] {
  const selector = isMap(spec) && isMap(spec['selector']) ? spec['selector'] : {};
  const wanted = Object.entries(isMap(selector['matchLabels']) ? selector['matchLabels'] : {});
  if (kind.group !== 'apps' || !workloads.includes(kind.kind) || wanted.length === 0) {
    return [];
  }
  return store
    .list('Pod', metadata.namespace)
    .filter((pod) => wanted.every(([name, value]) => pod.metadata.labels?.[name] === value));
}
