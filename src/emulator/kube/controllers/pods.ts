import { createHash, randomBytes } from 'node:crypto';
import { isMap, type JsonMap, type KubeObject, sameJson } from '../objects/kube-object.ts';
import type { KubeStore } from '../objects/kube-store.ts';
import { throughWebhook } from './identity-webhook.ts';

/** What the controllers work on, and how long a pod takes. */
export interface Cluster {
  readonly store: KubeStore;
  /** Milliseconds since the epoch, of the emulator's clock. */
  readonly now: () => number;
  /** From a pod's creation to its readiness. */
  readonly podStartMs: () => number;
  /** When each pod was made, by uid; times of objects are whole seconds. */
  readonly madeAt: Map<string, number>;
}

export interface Template {
  readonly metadata?: { readonly labels?: Readonly<Record<string, string>>; readonly annotations?: object };
  readonly spec?: JsonMap;
}

interface PodOrder {
  readonly owner: KubeObject;
  readonly template: Template;
  /** Its whole name; made up after the owner's where absent. */
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly nodeName?: string;
}

/** @throws KubeFailure as the API server refuses the controller's own request */
export function makePod(
  { store, now, madeAt }: Cluster,
  { owner, template, name, labels, nodeName }: PodOrder,
): void {
  const { namespace = '' } = owner.metadata;
  const [node] = linuxNodes(store);
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: name ?? `${owner.metadata.name}-${randomBytes(3).toString('hex').slice(0, 5)}`,
      namespace,
      labels: { ...template.metadata?.labels, ...labels },
      ...(template.metadata?.annotations ? { annotations: template.metadata.annotations as never } : {}),
      ownerReferences: [ownerReference(owner)],
    },
    spec: { securityContext: {}, ...template.spec, nodeName: nodeName ?? node ?? '' },
    status: { phase: 'Pending', conditions: [{ type: 'Ready', status: 'False' }] },
  };
  const made = store.seed(throughWebhook(store, pod), 'kube-controller-manager');
  madeAt.set(made.metadata.uid ?? '', now());
}

export function ownerReference({ apiVersion, kind, metadata: { name, uid } }: KubeObject): object {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

export function ownedBy(store: KubeStore, kind: string, owner: KubeObject): readonly KubeObject[] {
  return store
    .list(kind, owner.metadata.namespace)
    .filter(({ metadata }) =>
      (metadata.ownerReferences ?? []).some((each) => isMap(each) && each['uid'] === owner.metadata.uid),
    );
}

export function isReady(pod: KubeObject): boolean {
  const conditions = isMap(pod.status) ? pod.status['conditions'] : [];
  return (
    Array.isArray(conditions) &&
    conditions.some((each) => isMap(each) && each['type'] === 'Ready' && each['status'] === 'True')
  );
}

export function removePod({ store, madeAt }: Cluster, { metadata }: KubeObject): void {
  madeAt.delete(metadata.uid ?? '');
  store.remove('pods', metadata.namespace ?? '', metadata.name);
}

/** Makes pods ready whose time has come. @returns whether one is still to be */
export function startPods({ store, now, podStartMs, madeAt }: Cluster): boolean {
  let waiting = false;
  for (const pod of store.list('Pod')) {
    const made = madeAt.get(pod.metadata.uid ?? '');
    if (made === undefined || isReady(pod)) {
      continue;
    }
    if (now() - made < podStartMs()) {
      waiting = true;
      continue;
    }
    madeAt.delete(pod.metadata.uid ?? '');
    const podIP = addressOf(pod);
    setStatus(store, pod, {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      conditions: [{ type: 'Ready', status: 'True' }],
    });
  }
  return waiting;
}

/** Of the pods' network, by the uid: no two of a test's pods share one. */
function addressOf({ metadata }: KubeObject): string {
  const [high = 0, low = 0] = createHash('sha256')
    .update(metadata.uid ?? '')
    .digest();
  return `10.244.${high}.${Math.max(2, low)}`;
}

/** As a controller writes it; nothing where it is so already. */
export function setStatus(store: KubeStore, object: KubeObject, status: JsonMap): void {
  if (!sameJson(object.status, status)) {
    store.put(store.kind(object.kind), { ...object, status });
  }
}

export function linuxNodes(store: KubeStore): readonly string[] {
  return store
    .list('Node')
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/os'] !== 'windows')
    .map(({ metadata }) => metadata.name);
}

export function hashOf(template: unknown): string {
  return createHash('sha256').update(sorted(template)).digest('hex').slice(0, 10);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    isMap(each)
      ? Object.fromEntries(Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

export function specOf(object: KubeObject): JsonMap {
  return isMap(object.spec) ? object.spec : {};
}

export function templateOf(object: KubeObject): Template {
  const { template } = specOf(object);
  return isMap(template) ? (template as Template) : {};
}

export function replicasOf(object: KubeObject): number {
  const { replicas } = specOf(object);
  return typeof replicas === 'number' ? replicas : 1;
}
