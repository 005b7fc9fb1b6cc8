import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { isRecord, stringAt } from '../json-record.ts';
import { UsageFaults } from '../usage-faults.ts';
import { goYamlScalar } from './go-yaml-scalar.ts';
import { locatedDocuments } from './located-yaml.ts';

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

/** The objects of a manifest, as Helm has read them; what is not an object is passed over. */
export function manifestDocuments(manifest: string): readonly KubeObject[] {
  const source = { name: 'the manifest', text: manifest };
  return locatedDocuments(source, new UsageFaults(), { readPlain: goYamlScalar }).flatMap((document) => {
    const json = document.json();
    return isKubeObject(json) ? [json] : [];
  });
}

function isKubeObject(json: unknown): json is KubeObject {
  if (!isRecord(json) || !isRecord(json['metadata'])) {
    return false;
  }
  return Boolean(
    stringAt(json, 'apiVersion') && stringAt(json, 'kind') && stringAt(json['metadata'], 'name'),
  );
}
