import { entryText } from '../../entries/pod-identity.ts';
import type { Reading } from '../../migrate/migration-facts.ts';
import type { AccessPod, AccessTemplate } from '../access-objects.ts';
import { sortedTexts, type Way } from '../access-report.ts';

/**
 * The pods part of a way, with the accounts that they run as.
 *
 * @param pods those that have it; undefined: pods could not be read
 * @param templates whose next pods have it
 */
export function podsOfWay(
  pods: readonly AccessPod[] | undefined,
  namespace: string,
  templates: readonly AccessTemplate[] = [],
): Pick<Way, 'pods' | 'workloads' | 'nodes' | 'podKeys' | 'accounts'> {
  const all = pods ?? [];
  const makers = [...all, ...templates];
  return {
    pods: pods?.length,
    workloads: sortedTexts(
      makers.map((each) => (namespace === '' ? `${each.namespace}/${each.workload}` : each.workload)),
    ),
    nodes: pods && sortedTexts(pods.flatMap(({ nodeName }) => nodeName || [])),
    podKeys: sortedTexts(all.map(entryText)),
    accounts: sortedTexts(makers.map((each) => `${each.namespace}/${each.serviceAccount}`)),
  };
}

/** What was read of pods, sorted into namespaces, undefined where it was not; and of what makes them. */
export class PodIndex {
  readonly all: readonly AccessPod[] | undefined;
  readonly templates: readonly AccessTemplate[];
  readonly #byNamespace = new Map<string, AccessPod[]>();
  readonly #byAccount = new Map<string, AccessPod[]>();

  constructor(pods: Reading<readonly AccessPod[]>, templates: readonly AccessTemplate[]) {
    this.templates = templates;
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
