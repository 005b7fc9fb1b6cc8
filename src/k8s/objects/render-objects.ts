import type { EntryKey, PodIdentity, PodIdentityException } from '../../domain/entries/pod-identity.ts';
import type { ObjectChange } from '../../domain/kubernetes/cluster-objects.ts';
import { behaviorAnnotation, identityApi } from '../../domain/kubernetes/identity-resources.ts';
import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';

export type ObjectKind = ObjectChange['kind'];

export interface ObjectKey extends EntryKey {
  readonly kind: ObjectKind;
}

/** An object as podid wants it in the cluster. */
export interface RenderedObject extends ObjectKey {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The field manager under which podid writes, and the value of the label that says so. */
export const podidManager = 'podid';
export const managedByLabel = 'app.kubernetes.io/managed-by';

/**
 * An entry as its AzureIdentity and AzureIdentityBinding. The annotation keeps an agent in standard mode from
 * lending the identity to pods of other namespaces, which an entry of the profile never does.
 */
export function renderIdentity(entry: PodIdentity): readonly [RenderedObject, RenderedObject] {
  const [identity, binding] = identityKeys(entry);
  const { resourceId, clientId } = entry.identity;
  return [
    {
      ...identity,
      labels: ownLabels,
      annotations: { [behaviorAnnotation]: 'namespaced' },
      spec: { type: 0, resourceID: resourceId, clientID: clientId },
    },
    {
      ...binding,
      labels: ownLabels,
      annotations: {},
      spec: { azureIdentity: entry.name, selector: entry.bindingSelector },
    },
  ];
}

export function renderException(exception: PodIdentityException): RenderedObject {
  const spec = { podLabels: { ...exception.podLabels } };
  return { ...exceptionKey(exception), labels: ownLabels, annotations: {}, spec };
}

export function identityKeys({ namespace, name }: EntryKey): readonly [ObjectKey, ObjectKey] {
  return [
    { kind: 'AzureIdentity', namespace, name },
    { kind: 'AzureIdentityBinding', namespace, name: `${name}-binding` },
  ];
}

export function exceptionKey({ namespace, name }: EntryKey): ObjectKey {
  return { kind: 'AzurePodIdentityException', namespace, name };
}

export function kindRef(kind: ObjectKind): Pick<ObjectRef, 'apiVersion' | 'kind'> {
  return { apiVersion: `${identityApi.group}/${identityApi.version}`, kind };
}

export function objectRef({ kind, namespace, name }: ObjectKey): ObjectRef {
  return { ...kindRef(kind), namespace, name };
}

/** As the server is sent it. */
export function manifestOf({ kind, namespace, name, labels, annotations, spec }: RenderedObject): KubeObject {
  return { ...kindRef(kind), metadata: { name, namespace, labels, annotations }, spec };
}

const ownLabels = { [managedByLabel]: podidManager };
