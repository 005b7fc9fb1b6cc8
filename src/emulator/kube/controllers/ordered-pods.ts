import { randomBytes } from 'node:crypto';
import { KubeFailure } from '../kube-failure.ts';
import { isMap, type JsonMap, type KubeObject } from '../objects/kube-object.ts';
import {
  type Cluster,
  hashOf,
  isReady,
  linuxNodes,
  makePod,
  ownedBy,
  removePod,
  replicasOf,
  setStatus,
  specOf,
  type Template,
  templateOf,
} from './pods.ts';

const revisionLabel = 'controller-revision-hash';

/** The template of pods below the partition, by the uid of their StatefulSet, as Kubernetes keeps ControllerRevisions. */
export type Revisions = Map<string, { readonly hash: string; readonly template: Template }>;

/** One step of a StatefulSet: one pod is made or ended, and only while all others are ready. @returns whether one is to follow */
export function stepStatefulSet(cluster: Cluster, found: KubeObject, revisions: Revisions): boolean {
  const { store } = cluster;
  const { uid = '', name } = found.metadata;
  const update = { hash: hashOf(templateOf(found)), template: templateOf(found) };
  const current = revisions.get(uid) ?? update;
  revisions.set(uid, current);
  const wanted = replicasOf(found);
  const strategy = specOf(found)['updateStrategy'];
  const { type, rollingUpdate } = isMap(strategy) ? strategy : {};
  const partition = isMap(rollingUpdate) ? Number(rollingUpdate['partition'] ?? 0) : 0;
  const pods = ownedBy(store, 'Pod', found);
  const podAt = (ordinal: number) => pods.find(({ metadata }) => metadata.name === `${name}-${ordinal}`);
  const ordinals = Array.from({ length: wanted }, (_, ordinal) => ordinal);
  const missing = ordinals.find((ordinal) => podAt(ordinal) === undefined);
  const isSettled = pods.every(isReady);
  const outdated = ordinals
    .filter((ordinal) => ordinal >= partition && type !== 'OnDelete')
    .reverse()
    .map(podAt)
    .find((pod) => pod !== undefined && pod.metadata.labels?.[revisionLabel] !== update.hash);
  if (missing !== undefined && isSettled) {
    const { hash, template } = missing >= partition ? update : current;
    const labels = { [revisionLabel]: hash };
    attempt(() => makePod(cluster, { owner: found, template, name: `${name}-${missing}`, labels }));
  } else if (missing === undefined && isSettled && outdated !== undefined) {
    removePod(cluster, outdated);
  }
  for (const pod of pods.filter(({ metadata }) => Number(metadata.name.split('-').at(-1)) >= wanted)) {
    removePod(cluster, pod);
  }
  const after = ownedBy(store, 'Pod', found);
  const isDone = after.length === wanted && after.every(isReady);
  const updated = after.filter(({ metadata }) => metadata.labels?.[revisionLabel] === update.hash);
  if (isDone && updated.length === wanted) {
    revisions.set(uid, update);
  }
  const latest = store.get('statefulsets', found.metadata.namespace ?? '', name) ?? found;
  setStatus(store, latest, {
    observedGeneration: latest.metadata.generation,
    replicas: after.length,
    readyReplicas: after.filter(isReady).length,
    availableReplicas: after.filter(isReady).length,
    currentReplicas: after.length - updated.length,
    updatedReplicas: updated.length,
    currentRevision: `${name}-${(revisions.get(uid) ?? update).hash}`,
    updateRevision: `${name}-${update.hash}`,
  });
  return !isDone || (outdated !== undefined && updated.length < wanted - partition);
}

/** One step of a DaemonSet: a pod on each Linux node, one at a time. @returns whether one is to follow */
export function stepDaemonSet(cluster: Cluster, found: KubeObject): boolean {
  const { store } = cluster;
  const { name } = found.metadata;
  const template = templateOf(found);
  const hash = hashOf(template);
  const nodes = linuxNodes(store);
  const pods = ownedBy(store, 'Pod', found);
  const onNode = (node: string) => pods.find((pod) => specOf(pod)['nodeName'] === node);
  const empty = nodes.filter((node) => onNode(node) === undefined);
  const strategy = specOf(found)['updateStrategy'];
  const rolls = !(isMap(strategy) && strategy['type'] === 'OnDelete');
  const outdated = pods.find(({ metadata }) => rolls && metadata.labels?.[revisionLabel] !== hash);
  if (empty.length > 0) {
    for (const nodeName of empty) {
      const order = { owner: found, template, labels: { [revisionLabel]: hash }, nodeName };
      attempt(() =>
        makePod(cluster, { ...order, name: `${name}-${randomBytes(3).toString('hex').slice(0, 5)}` }),
      );
    }
  } else if (outdated !== undefined && pods.every(isReady)) {
    removePod(cluster, outdated);
  }
  const after = ownedBy(store, 'Pod', found);
  const ready = after.filter(isReady).length;
  const updated = after.filter(({ metadata }) => metadata.labels?.[revisionLabel] === hash).length;
  const latest = store.get('daemonsets', found.metadata.namespace ?? '', name) ?? found;
  setStatus(store, latest, {
    observedGeneration: latest.metadata.generation,
    desiredNumberScheduled: nodes.length,
    currentNumberScheduled: after.length,
    numberMisscheduled: 0,
    updatedNumberScheduled: updated,
    numberReady: ready,
    numberAvailable: ready,
  });
  return after.length < nodes.length || ready < after.length || (rolls && updated < nodes.length);
}

/** One step of a Job: one pod, which runs and ends. @returns whether one is to follow */
export function stepJob(cluster: Cluster, found: KubeObject): boolean {
  const { store } = cluster;
  if (isMap(found.status) && found.status['succeeded'] === 1) {
    return false;
  }
  const [pod] = ownedBy(store, 'Pod', found);
  if (pod === undefined) {
    attempt(() => makePod(cluster, { owner: found, template: templateOf(found) }));
    return true;
  }
  if (!isReady(pod)) {
    return true;
  }
  setStatus(store, pod, {
    ...(pod.status as JsonMap),
    phase: 'Succeeded',
    conditions: [{ type: 'Ready', status: 'False', reason: 'PodCompleted' }],
  });
  setStatus(store, found, { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] });
  return false;
}

/** What admission refuses is tried again at the next step, as controllers do. */
function attempt(make: () => void): void {
  try {
    make();
  } catch (error) {
    if (!(error instanceof KubeFailure)) {
      throw error;
    }
  }
}
