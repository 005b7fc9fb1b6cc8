import { type Document, parseAllDocuments } from 'yaml';
import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { isRecord, stringAt } from '../json-record.ts';
import { isNestedTooDeep } from './yaml-depth.ts';

/** Kinds of the cluster scope among those that a chart of a node agent holds. */
const clusterScoped = new Set([
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'PodSecurityPolicy',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
]);

/** What Helm would delete of the objects of a release. @param namespace of those that name none */
export function manifestObjects(documents: readonly KubeObject[], namespace: string): readonly ObjectRef[] {
  return documents
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] !== 'keep')
    .map(({ apiVersion, kind, metadata }) => {
      const own = { apiVersion, kind, name: metadata.name };
      return clusterScoped.has(kind) ? own : { ...own, namespace: metadata.namespace ?? namespace };
    });
}

/** The objects of a manifest; what is not an object is passed over. */
export function manifestDocuments(manifest: string): readonly KubeObject[] {
  if (isNestedTooDeep(manifest)) {
    return [];
  }
  const documents = parseAllDocuments(manifest, { logLevel: 'silent' });
  if (!Array.isArray(documents)) {
    return [];
  }
  return documents.flatMap((document) => {
    const json = document.errors.length === 0 ? jsonOf(document) : undefined;
    return isKubeObject(json) ? [json] : [];
  });
}

/** Undefined for aliases that would stand for more than memory holds. */
function jsonOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch {
    return undefined;
  }
}

function isKubeObject(json: unknown): json is KubeObject {
  if (!isRecord(json) || !isRecord(json['metadata'])) {
    return false;
  }
  return Boolean(
    stringAt(json, 'apiVersion') && stringAt(json, 'kind') && stringAt(json['metadata'], 'name'),
  );
}
