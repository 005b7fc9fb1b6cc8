import { entryText } from '../../entries/pod-identity.ts';
import type { Reading } from '../../migrate/migration-facts.ts';
import type { AccessPod } from '../access-objects.ts';
import { sortedTexts, type Way } from '../access-report.ts';

/** The pods part of a way. @param pods those that have it; undefined: pods could not be read */
export function podsOfWay(
  pods: readonly AccessPod[] | undefined,
  namespace: string,
): Pick<Way, 'pods' | 'workloads' | 'nodes' | 'podKeys'> {
  const all = pods ?? [];
  return {
    pods: pods?.length,
    workloads: sortedTexts(
      all.map((pod) => (namespace === '' ? `${pod.namespace}/${pod.workload}` : pod.workload)),
    ),
    nodes: sortedTexts(all.flatMap(({ nodeName }) => nodeName || [])),
    podKeys: sortedTexts(all.map(entryText)),
  };
}

/** What was read of pods, sorted into namespaces; undefined where it was not. */
export class PodIndex {
  readonly all: readonly AccessPod[] | undefined;
  readonly #byNamespace = new Map<string, AccessPod[]>();
  readonly #byAccount = new Map<string, AccessPod[]>();

  constructor(pods: Reading<readonly AccessPod[]>) {
    this.all = pods.kind === 'read' ? pods.value : undefined;
    for (const pod of this.all ?? []) {
      into(this.#byNamespace, pod.namespace, pod);
      into(this.#byAccount, `${pod.namespace}/${pod.serviceAccount}`, pod);
    }
  }

  in(namespace: string): readonly AccessPod[] | undefined {
    return this.all && (this.#byNamespace.get(namespace) ?? []);
  }

  /** @param account `namespace/name` */
  of(account: string): readonly AccessPod[] | undefined {
    return this.all && (this.#byAccount.get(account) ?? []);
  }
}

function into(map: Map<string, AccessPod[]>, key: string, pod: AccessPod): void {
  const list = map.get(key);
  if (list === undefined) {
    map.set(key, [pod]);
  } else {
    list.push(pod);
  }
}
