import { type FieldSet, fieldsOf, fromFieldsV1, pathOf, sameField, toFieldsV1 } from './field-set.ts';
import type { KubeObject, ManagedFieldsEntry } from './kube-object.ts';

/** Who writes, and when. */
export interface Writer {
  readonly manager: string;
  /** RFC 3339, whole seconds. */
  readonly time: string;
}

export interface FieldOwner {
  readonly entry: Omit<ManagedFieldsEntry, 'fieldsV1'>;
  readonly fields: FieldSet;
}

export function ownersOf(object: KubeObject | undefined): readonly FieldOwner[] {
  const entries = object?.metadata.managedFields ?? [];
  return entries.map(({ fieldsV1, ...entry }) => ({ entry, fields: fromFieldsV1(fieldsV1) }));
}

export function withOwners(object: KubeObject, owners: readonly FieldOwner[]): KubeObject {
  const managedFields = owners
    .filter(({ fields }) => fields.size > 0)
    .map(({ entry, fields }) => ({ ...entry, fieldsV1: toFieldsV1(fields) }));
  const { managedFields: _old, ...metadata } = object.metadata;
  return { ...object, metadata: managedFields.length === 0 ? metadata : { ...metadata, managedFields } };
}

/**
 * The owners after a create, update or patch: the writer owns what it changed or added, and no one else does
 * any longer; what it removed belongs to nobody.
 */
export function trackUpdate(before: KubeObject | undefined, after: KubeObject, writer: Writer): KubeObject {
  const old = before === undefined ? new Set<string>() : fieldsOf(before, true);
  const now = fieldsOf(after, true);
  const changed = [...now].filter((key) => !old.has(key) || !sameField(before, after, pathOf(key)));
  // A write may say anew who owns what, as clients do that turn their POST into an apply.
  const owners = ownersOf((after.metadata.managedFields ?? []).length > 0 ? after : before);
  const isOwn = ({ entry }: FieldOwner) => entry.manager === writer.manager && entry.operation === 'Update';
  const own = owners.find(isOwn);
  const gone = new Set([...changed, ...[...old].filter((key) => !now.has(key))]);
  const others = owners
    .filter((owner) => !isOwn(owner))
    .map((owner) => ({ ...owner, fields: difference(owner.fields, gone) }));
  const fields = new Set([...difference(own?.fields ?? new Set(), gone), ...changed]);
  const entry = {
    manager: writer.manager,
    operation: 'Update',
    apiVersion: after.apiVersion,
    time: changed.length > 0 ? writer.time : (own?.entry.time ?? writer.time),
    fieldsType: 'FieldsV1',
  } as const;
  return withOwners(after, [...others, { entry, fields }]);
}

export function difference(fields: FieldSet, gone: FieldSet): FieldSet {
  return new Set([...fields].filter((key) => !gone.has(key)));
}
