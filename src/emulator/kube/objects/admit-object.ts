import { isDeepStrictEqual } from 'node:util';
import { badRequest, type FailureCause, invalid, methodNotAllowed, notFound } from '../kube-failure.ts';
import { apiVersionOf, type KubeKind, namespaceKind } from './kube-kinds.ts';
import { isMap, type JsonMap, type KubeMeta, type KubeObject } from './kube-object.ts';
import type { KubeStore } from './kube-store.ts';
import { lostFields, pruneObject, schemaFaults } from './structural-schema.ts';

/** What a write is about. `name` is empty only for a create. */
export interface WriteTarget {
  readonly kind: KubeKind;
  /** Empty for cluster-scoped kinds. */
  readonly namespace: string;
  readonly name: string;
  readonly subresource: '' | 'status';
  /** `fieldValidation=Strict`: a field that the schema does not name is refused instead of pruned. */
  readonly isStrict: boolean;
}

/**
 * The object as it may be stored: its envelope checked, unknown fields of a custom resource pruned.
 * @throws KubeFailure 400, 404 for a namespace that is not there, 405, 422
 */
export function admitted(store: KubeStore, target: WriteTarget, sent: KubeObject): KubeObject {
  const { kind, namespace, name } = target;
  // A server knows the type of a built-in kind from its path; a custom resource has to say it.
  const type = kind.schema === undefined ? { apiVersion: apiVersionOf(kind), kind: kind.kind } : {};
  const body: KubeObject = { ...type, ...sent };
  if (!isMap(body.metadata) || body.kind !== kind.kind || body.apiVersion !== apiVersionOf(kind)) {
    throw badRequest(`The object must be a ${kind.kind} of ${apiVersionOf(kind)} with metadata.`);
  }
  if (name !== '' && body.metadata.name !== undefined && body.metadata.name !== name) {
    throw badRequest(
      `The name of the object (${body.metadata.name}) does not match the name in the path (${name}).`,
    );
  }
  if (kind.namespaced && (body.metadata.namespace ?? namespace) !== namespace) {
    throw badRequest('The namespace of the object does not match the namespace in the path.');
  }
  if (target.kind.namespaced && !store.hasNamespace(namespace)) {
    throw notFound(namespaceKind, namespace);
  }
  if (target.subresource === 'status' && !kind.statusSubresource) {
    throw methodNotAllowed();
  }
  const pruned = kind.schema === undefined ? body : pruneObject(kind.schema, body);
  const unknown = target.isStrict ? lostFields(body, pruned) : [];
  if (unknown.length > 0) {
    throw badRequest(
      `strict decoding error: ${unknown.map((field) => `unknown field "${field}"`).join(', ')}`,
    );
  }
  const faults = [...nameFaults(kind, body.metadata.name ?? name), ...metaFaults(body.metadata)];
  const ofSchema = kind.schema === undefined ? [] : schemaFaults(kind.schema, pruned);
  const live = store.find(kind, namespace, name);
  const all = [...faults, ...ofSchema.filter(({ field = '' }) => !isUnchanged(field, pruned, live))];
  if (all.length > 0) {
    throw invalid(kind, name, all);
  }
  return { ...pruned, metadata: { ...pruned.metadata, name, ...(kind.namespaced ? { namespace } : {}) } };
}

/** A write is not refused for a value that it leaves as it is stored: servers "ratchet", by default since 1.30. */
function isUnchanged(field: string, object: KubeObject, live: KubeObject | undefined): boolean {
  const wanted = valueAt(object, field);
  return live !== undefined && wanted !== undefined && isDeepStrictEqual(wanted, valueAt(live, field));
}

/** @param field as `spec.containers[0].name` */
function valueAt(object: KubeObject, field: string): unknown {
  const steps = field.split(/[.[\]]+/).filter((step) => step !== '');
  return steps.reduce<unknown>(
    (value, step) => (isMap(value) || Array.isArray(value) ? (value as JsonMap)[step] : undefined),
    object,
  );
}

/** RBAC names may hold colons; namespaces are labels; all others are RFC 1123 subdomains. */
function nameFaults(kind: KubeKind, name: string): readonly FailureCause[] {
  const label = '[a-z0-9]([a-z0-9-]*[a-z0-9])?';
  const subdomain = new RegExp(`^${label}(\\.${label})*$`);
  const free = kind.group === 'rbac.authorization.k8s.io' && /^[^/%]+$/.test(name);
  if (name === '') {
    return [
      { reason: 'FieldValueRequired', field: 'metadata.name', message: 'name or generateName is required' },
    ];
  }
  const limit = kind === namespaceKind ? 63 : 253;
  if (
    free ||
    (name.length <= limit && subdomain.test(name) && (kind !== namespaceKind || !name.includes('.')))
  ) {
    return [];
  }
  return [
    { reason: 'FieldValueInvalid', field: 'metadata.name', message: `"${name}" is not an RFC 1123 name` },
  ];
}

function metaFaults(meta: KubeMeta): readonly FailureCause[] {
  const value = /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;
  return Object.entries(meta.labels ?? {})
    .filter(([, text]) => typeof text !== 'string' || !value.test(text))
    .map(([, text]) => ({
      reason: 'FieldValueInvalid',
      field: 'metadata.labels',
      message: `"${text}" is not a label value`,
    }));
}
