import { isRecord, type JsonRecord, recordAt } from '../../validate/json-record.ts';
import type { ManagedFields } from '../../validate/kubernetes/managed-object.ts';
import { manifestOf, type ObjectKey, type RenderedObject } from '../objects/render-objects.ts';
import type { ObjectStep } from '../objects/settle-object.ts';

/** One write, with all that it takes to leave alone what changed meanwhile. */
export type PlannedWrite =
  | { readonly action: 'create' | 'replace'; readonly key: ObjectKey; readonly object: JsonRecord }
  | {
      readonly action: 'delete';
      readonly key: ObjectKey;
      readonly uid: string;
      readonly resourceVersion: string;
    };

export interface WritePlan {
  readonly key: ObjectKey;
  readonly step: ObjectStep;
  readonly wanted?: RenderedObject;
  /** The object as it was read, whole; undefined when there is none. */
  readonly found?: JsonRecord;
}

/** Undefined for a step that writes nothing. */
export function planWrite({ key, step, wanted, found }: WritePlan): PlannedWrite | undefined {
  if (step.action === 'create' && wanted !== undefined) {
    return { action: 'create', key, object: manifestOf(wanted) };
  }
  if (step.action === 'update' && wanted !== undefined && found !== undefined) {
    return { action: 'replace', key, object: changedObject(wanted, found, step.claim) };
  }
  const metadata = found?.['metadata'];
  if (step.action === 'delete' && isRecord(metadata)) {
    const { uid, resourceVersion } = metadata;
    return { action: 'delete', key, uid: String(uid), resourceVersion: String(resourceVersion) };
  }
  return undefined;
}

/**
 * The object as it was read, its version included, with what podid wants of it. Fields of the spec that podid
 * does not know stay, unless the object is taken over whole: then `claim` leaves nobody else a field of the
 * spec.
 */
function changedObject(
  wanted: RenderedObject,
  found: JsonRecord,
  claim: readonly ManagedFields[] | undefined,
): JsonRecord {
  const metadata = recordAt(found, 'metadata');
  const taken = claim?.slice(1).every(({ fields }) => fields['f:spec'] === undefined) ?? false;
  return {
    ...found,
    metadata: {
      ...metadata,
      ...(claim === undefined ? {} : { managedFields: claim.map(rawManager) }),
      labels: { ...recordAt(metadata, 'labels'), ...wanted.labels },
      annotations: { ...recordAt(metadata, 'annotations'), ...wanted.annotations },
    },
    spec: taken ? wanted.spec : { ...recordAt(found, 'spec'), ...wanted.spec },
  };
}

function rawManager({ fields, ...entry }: ManagedFields): JsonRecord {
  return { ...entry, fieldsType: 'FieldsV1', fieldsV1: fields };
}
