import { isRecord, type JsonRecord, stringAt, stringMapAt } from '../json-record.ts';
import { type ManagedObject, parseManagedFields } from './managed-object.ts';

/** An object of any kind and scope, as the API server holds it. */
export interface FoundObject extends Omit<ManagedObject, 'namespace' | 'spec'> {
  readonly json: JsonRecord;
}

/** Undefined when it is no object that a server could hold. */
export function parseFoundObject(json: unknown): FoundObject | undefined {
  if (!isRecord(json) || !isRecord(json['metadata'])) {
    return undefined;
  }
  const { metadata } = json;
  const [name, uid] = [stringAt(metadata, 'name'), stringAt(metadata, 'uid')];
  const resourceVersion = stringAt(metadata, 'resourceVersion');
  if (!name || !uid || !resourceVersion) {
    return undefined;
  }
  const managers = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  return {
    ...{ name, uid, resourceVersion, json },
    labels: stringMapAt(metadata, 'labels') ?? {},
    annotations: stringMapAt(metadata, 'annotations') ?? {},
    beingDeleted: stringAt(metadata, 'deletionTimestamp') !== undefined,
    managedFields: managers.filter(isRecord).map(parseManagedFields),
  };
}
