import { KubeFailure } from '../kube-failure.ts';
import { isMap, type JsonMap, type KubeObject, sameJson } from '../objects/kube-object.ts';
import {
  type Cluster,
  hashOf,
  isReady,
  makePod,
  ownedBy,
  ownerReference,
  removePod,
  replicasOf,
  setStatus,
  specOf,
  type Template,
  templateOf,
} from './pods.ts';

const hashLabel = 'pod-template-hash';

/**
 * One step of a Deployment: at most what its surge lets it make, and what its availability lets it end.
 *
 * @returns whether another step is to follow
 */
export function stepDeployment(cluster: Cluster, found: KubeObject): boolean {
  const { store } = cluster;
  const spec = specOf(found);
  const sets = ownedBy(store, 'ReplicaSet', found);
  const same = (set: KubeObject) => sameJson(withoutHash(templateOf(set)), templateOf(found));
  let current = sets.find(same);
  const paused = spec['paused'] === true;
  if (current === undefined && !paused) {
    current = makeSet(cluster, found);
  }
  const fresh = current === undefined ? [] : ownedBy(store, 'Pod', current);
  const old = sets.filter((set) => set !== current).flatMap((set) => ownedBy(store, 'Pod', set));
  const failure = current === undefined || paused ? undefined : roll(cluster, found, { current, fresh, old });
  const after = current === undefined ? [] : ownedBy(store, 'Pod', current);
  const all = [
    ...after,
    ...sets.filter((set) => set !== current).flatMap((set) => ownedBy(store, 'Pod', set)),
  ];
  const latest = store.get('deployments', found.metadata.namespace ?? '', found.metadata.name) ?? found;
  setStatus(store, latest, statusOf(latest, { all, fresh: after, failure }));
  const wanted = replicasOf(found);
  return !paused && (after.length !== wanted || all.length !== wanted || !all.every(isReady));
}

interface Pods {
  readonly current: KubeObject;
  readonly fresh: readonly KubeObject[];
  readonly old: readonly KubeObject[];
}

/** @returns why a pod was refused */
function roll(cluster: Cluster, found: KubeObject, { current, fresh, old }: Pods): string | undefined {
  const wanted = replicasOf(found);
  const strategy = specOf(found)['strategy'];
  const { type, rollingUpdate } = isMap(strategy) ? strategy : {};
  const rolling = isMap(rollingUpdate) ? rollingUpdate : {};
  const isRecreated = type === 'Recreate';
  const surge = isRecreated ? 0 : share(rolling['maxSurge'], wanted, Math.ceil);
  const unavailable = isRecreated ? wanted : share(rolling['maxUnavailable'], wanted, Math.floor);
  const leave = Math.max(0, surge === 0 && unavailable === 0 ? wanted - 1 : wanted - unavailable);
  for (const pod of fresh.slice(wanted)) {
    removePod(cluster, pod);
  }
  const ready = [...fresh, ...old].filter(isReady).length;
  const broken = old.filter((pod) => !isReady(pod));
  const ending = [...broken, ...old.filter(isReady).slice(0, Math.max(0, ready - leave))];
  for (const pod of ending) {
    removePod(cluster, pod);
  }
  const standing = old.length - ending.length;
  if (isRecreated && standing > 0) {
    return undefined;
  }
  const room = Math.min(wanted - fresh.length, wanted + surge - standing - fresh.length);
  try {
    for (let made = 0; made < room; made += 1) {
      makePod(cluster, { owner: current, template: templateOf(current) });
    }
  } catch (error) {
    if (!(error instanceof KubeFailure)) {
      throw error;
    }
    return error.message;
  }
  return undefined;
}

/** As Kubernetes has it: 25 % where nothing is said. */
function share(value: unknown, of: number, round: (exact: number) => number): number {
  if (typeof value === 'number') {
    return value;
  }
  const percent = /^(\d+)%$/.exec(typeof value === 'string' ? value : '25%')?.[1] ?? '25';
  return round((of * Number(percent)) / 100);
}

function makeSet({ store }: Cluster, found: KubeObject): KubeObject {
  const template = templateOf(found);
  const hash = hashOf(template);
  const { selector } = specOf(found);
  const { namespace = '', name } = found.metadata;
  return store.seed(
    {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { name: `${name}-${hash}`, namespace, ownerReferences: [ownerReference(found)] },
      spec: {
        replicas: replicasOf(found),
        selector,
        template: {
          ...template,
          metadata: {
            ...template.metadata,
            labels: { ...template.metadata?.labels, [hashLabel]: hash },
          },
        },
      },
    },
    'kube-controller-manager',
  );
}

function withoutHash(template: Template): Template {
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {};
  return template.metadata?.labels === undefined
    ? template
    : { ...template, metadata: { ...template.metadata, labels } };
}

interface Standing {
  readonly all: readonly KubeObject[];
  readonly fresh: readonly KubeObject[];
  readonly failure: string | undefined;
}

function statusOf(found: KubeObject, { all, fresh, failure }: Standing): JsonMap {
  const ready = all.filter(isReady).length;
  const wanted = replicasOf(found);
  return {
    observedGeneration: found.metadata.generation,
    replicas: all.length,
    updatedReplicas: fresh.length,
    readyReplicas: ready,
    availableReplicas: ready,
    unavailableReplicas: Math.max(0, wanted - ready),
    conditions: [
      { type: 'Available', status: ready >= wanted ? 'True' : 'False', reason: 'MinimumReplicasAvailable' },
      ...(failure === undefined
        ? []
        : [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: failure }]),
    ],
  };
}
