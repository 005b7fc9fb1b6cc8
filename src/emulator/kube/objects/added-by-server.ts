import { establishedStatus } from './identity-crds.ts';
import { crdKind, type KubeKind, namespaceKind } from './kube-kinds.ts';
import { isMap, type KubeObject } from './kube-object.ts';

/** What the server itself adds to new objects and clients count on, as `kubectl debug` on a pod's security context. */
export function addedByServer(kind: KubeKind, object: KubeObject): KubeObject {
  if (kind === namespaceKind) {
    return { ...object, status: { phase: 'Active' } };
  }
  if (kind.kind === 'Pod' && kind.group === '') {
    const spec = { securityContext: {}, ...(isMap(object.spec) ? object.spec : {}) };
    return { ...object, spec, status: { phase: 'Pending' } };
  }
  return kind === crdKind ? { ...object, status: establishedStatus() } : object;
}

const message = 'The nodes of the emulator run no pods.';
const noPods = { type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message };
/** Of Deployments, where Kubernetes uses it; nobody else writes it on a DaemonSet. */
const noPodOfNode = { type: 'ReplicaFailure', status: 'True', reason: 'NoKubelet', message };

/**
 * A Deployment or DaemonSet as a controller leaves it that gets no pods: `kubectl rollout status` of a Deployment comes to
 * an end. Its status is as it was until its generation changes.
 */
export function withoutPods(kind: KubeKind, object: KubeObject): KubeObject {
  const status = isMap(object.status) ? object.status : {};
  const { generation } = object.metadata;
  if (kind.group !== 'apps' || status['observedGeneration'] === generation) {
    return object;
  }
  if (kind.kind === 'DaemonSet') {
    return { ...object, status: { ...status, conditions: [noPodOfNode] } };
  }
  if (kind.kind !== 'Deployment') {
    return object;
  }
  const { replicas = 1 } = isMap(object.spec) ? object.spec : {};
  const seen = { observedGeneration: generation, unavailableReplicas: replicas, conditions: [noPods] };
  return { ...object, status: seen };
}
