import { keptAnnotationsOf } from '../../domain/exchange/kept-annotations.ts';
import {
  type AzureIdentity,
  type AzureIdentityBinding,
  assignedAtAnnotation,
  identityApi,
  type ObjectMeta,
  podUidAnnotation,
} from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Assignment } from '../../domain/standard-mode/desired-assignments.ts';
import type { AssignmentName } from './name-assignment.ts';

const apiVersion = `${identityApi.group}/${identityApi.version}`;

/** What an assignment says besides its content. */
export interface ShownState {
  readonly state: 'Created' | 'Assigned';
  /** RFC 3339; of `Assigned` alone. */
  readonly assignedAt: string;
}

/**
 * An AzureAssignedIdentity as upstream writes it, without its finalizer: a cluster without MIC must not hold
 * namespaces for ever. The copies hold what an NMI reads.
 */
export function renderAssignment(
  { namespace, name }: AssignmentName,
  { pod, binding, identity }: Assignment,
  { state, assignedAt }: ShownState,
): KubeObject {
  const since = state === 'Assigned' ? { [assignedAtAnnotation]: assignedAt } : {};
  return {
    apiVersion,
    kind: 'AzureAssignedIdentity',
    metadata: {
      name,
      namespace,
      labels: { nodename: pod.nodeName },
      annotations: { [podUidAnnotation]: pod.uid, ...since },
    },
    spec: {
      azureIdentityRef: copyOf('AzureIdentity', identity),
      azureBindingRef: copyOf('AzureIdentityBinding', binding),
      pod: pod.name,
      podNamespace: pod.namespace,
      nodename: pod.nodeName,
    },
    status: { status: state, availableReplicas: 1 },
  };
}

function copyOf(kind: string, { metadata, spec }: AzureIdentity | AzureIdentityBinding) {
  return { apiVersion, kind, metadata: shortMeta(metadata), spec };
}

function shortMeta({ name, namespace, uid, resourceVersion, annotations }: ObjectMeta) {
  const kept = keptAnnotationsOf({ annotations });
  return {
    name,
    namespace,
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(Object.keys(kept).length === 0 ? {} : { annotations: kept }),
  };
}
