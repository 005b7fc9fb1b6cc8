import { isRecord, type JsonRecord, stringAt, stringMapAt } from '../json-record.ts';

/** Fields as `managedFields` lists them: `f:spec` → `f:clientID` → `{}`. */
export interface FieldSet {
  readonly [element: string]: FieldSet;
}

/** One writer of an object and what it wrote. */
export interface ManagedFields {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly time?: string;
  readonly subresource?: string;
  readonly fields: FieldSet;
}

/** An object as the API server holds it, with who wrote what. */
export interface ManagedObject {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly beingDeleted: boolean;
  readonly managedFields: readonly ManagedFields[];
  readonly spec: JsonRecord;
  /** What stands beside metadata, spec and what the server keeps: `data`, `rules`, `webhooks`. */
  readonly others: JsonRecord;
}

/** Undefined when it is not an object of a namespace that a server could hold. */
export function parseManagedObject(json: unknown): ManagedObject | undefined {
  const object = parseClusterObject(json);
  return object?.namespace ? object : undefined;
}

/** The same for objects of the cluster itself, whose namespace is empty. */
export function parseClusterObject(json: unknown): ManagedObject | undefined {
  if (!isRecord(json)) {
    return undefined;
  }
  const { apiVersion: _version, kind: _kind, metadata, spec, status: _status, ...others } = json;
  if (!isRecord(metadata)) {
    return undefined;
  }
  const [namespace, name] = [stringAt(metadata, 'namespace') ?? '', stringAt(metadata, 'name')];
  const [uid, resourceVersion] = [stringAt(metadata, 'uid'), stringAt(metadata, 'resourceVersion')];
  if (!name || !uid || !resourceVersion) {
    return undefined;
  }
  const managers = Array.isArray(metadata['managedFields']) ? metadata['managedFields'] : [];
  return {
    namespace,
    name,
    uid,
    resourceVersion,
    labels: stringMapAt(metadata, 'labels') ?? {},
    annotations: stringMapAt(metadata, 'annotations') ?? {},
    beingDeleted: stringAt(metadata, 'deletionTimestamp') !== undefined,
    managedFields: managers.filter(isRecord).map(parseManagedFields),
    spec: isRecord(spec) ? spec : {},
    others,
  };
}

function parseManagedFields(entry: JsonRecord): ManagedFields {
  const [time, subresource] = [stringAt(entry, 'time'), stringAt(entry, 'subresource')];
  return {
    manager: stringAt(entry, 'manager') ?? '',
    operation: stringAt(entry, 'operation') ?? '',
    apiVersion: stringAt(entry, 'apiVersion') ?? '',
    ...(time ? { time } : {}),
    ...(subresource ? { subresource } : {}),
    fields: parseFieldSet(entry['fieldsV1']),
  };
}

function parseFieldSet(value: unknown): FieldSet {
  if (!isRecord(value)) {
    return {};
  }
  return Object.fromEntries(Object.entries(value).map(([element, inner]) => [element, parseFieldSet(inner)]));
}
