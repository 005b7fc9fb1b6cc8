import { difference, type FieldOwner, ownersOf, type Writer, withOwners } from './field-owners.ts';
import {
  type FieldPath,
  type FieldSet,
  fieldsOf,
  granularList,
  itemStep,
  pathKey,
  pathOf,
  pathText,
  sameField,
  withoutField,
} from './field-set.ts';
import { isMap, type KubeObject, sameJson } from './kube-object.ts';

export interface ApplyRequest {
  readonly applied: KubeObject;
  readonly writer: Writer;
  /** Takes fields over from other managers instead of refusing. */
  readonly force: boolean;
}

export interface FieldConflict {
  readonly manager: string;
  readonly apiVersion: string;
  /** `.spec.clientID` */
  readonly field: string;
}

/** The object as it would be stored, or, when `conflicts` is not empty, why it may not be. */
export interface ApplyOutcome {
  readonly object: KubeObject;
  readonly conflicts: readonly FieldConflict[];
}

/**
 * Server-side apply. A field that another manager owns with another value is a conflict; with the same value
 * it is owned by both; a field this manager applied before and no longer does is removed, unless someone else
 * owns it.
 */
export function applyObject(live: KubeObject | undefined, request: ApplyRequest): ApplyOutcome {
  const { applied, writer, force } = request;
  const fields = fieldsOf(applied, false);
  const owners = ownersOf(live);
  const isOwn = ({ entry }: FieldOwner) => entry.manager === writer.manager && entry.operation === 'Apply';
  const previous = owners.find(isOwn);
  const others = owners.filter((owner) => !isOwn(owner));
  const differing = new Set([...fields].filter((key) => !sameField(live, applied, pathOf(key))));
  const conflicts = others.flatMap((owner) => conflictsWith(owner, differing));
  if (live === undefined) {
    return { object: withOwners(applied, [ownEntry(applied, writer, fields)]), conflicts: [] };
  }
  if (conflicts.length > 0 && !force) {
    return { object: live, conflicts };
  }
  const kept = others.map((owner) => ({ ...owner, fields: difference(owner.fields, differing) }));
  const merged = merge(live, { ...applied, metadata: mergedMeta(live, applied) }, []) as KubeObject;
  const object = dropAbandoned(merged, previous?.fields ?? new Set(), [
    fields,
    ...kept.map((owner) => owner.fields),
  ]);
  const own = ownEntry(applied, writer, fields);
  const same = sameSet(previous?.fields ?? new Set(), fields) && sameJson(object, live);
  return { object: same ? live : withOwners(object, [...kept, own]), conflicts: [] };
}

function conflictsWith(owner: FieldOwner, differing: FieldSet): readonly FieldConflict[] {
  const { manager, apiVersion } = owner.entry;
  return [...owner.fields]
    .filter((key) => differing.has(key))
    .map((key) => ({ manager, apiVersion, field: pathText(pathOf(key)) }));
}

function ownEntry(applied: KubeObject, writer: Writer, fields: FieldSet): FieldOwner {
  const { manager, time } = writer;
  const entry = {
    manager,
    operation: 'Apply',
    apiVersion: applied.apiVersion,
    time,
    fieldsType: 'FieldsV1',
  } as const;
  return { entry, fields };
}

/** What the server itself writes into metadata stays as it is. */
function mergedMeta(live: KubeObject, applied: KubeObject): KubeObject['metadata'] {
  const { labels, annotations, finalizers, ownerReferences } = applied.metadata;
  const own = { labels, annotations, finalizers, ownerReferences };
  const set = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
  return merge(live.metadata, set, ['f:metadata']) as KubeObject['metadata'];
}

function merge(live: unknown, applied: unknown, path: FieldPath): unknown {
  if (isMap(live) && isMap(applied)) {
    const merged: [string, unknown][] = Object.entries(live);
    for (const [name, value] of Object.entries(applied)) {
      const field = Object.hasOwn(live, name) ? merge(live[name], value, [...path, `f:${name}`]) : value;
      merged.push([name, field]);
    }
    return Object.fromEntries(merged);
  }
  const list = granularList(path);
  if (list === undefined || !Array.isArray(live) || !Array.isArray(applied)) {
    return applied;
  }
  const steps = new Set(applied.map((item) => itemStep(list, item)));
  const kept = live.map((item) => {
    const step = itemStep(list, item);
    const mine = applied.find((candidate) => itemStep(list, candidate) === step);
    return steps.delete(step) ? merge(item, mine, [...path, step]) : item;
  });
  return [...kept, ...applied.filter((item) => steps.has(itemStep(list, item)))];
}

function dropAbandoned(object: KubeObject, previous: FieldSet, owned: readonly FieldSet[]): KubeObject {
  const abandoned = [...previous].filter((key) => !owned.some((fields) => ownsAtOrBelow(fields, key)));
  let left: unknown = object;
  for (const key of abandoned) {
    left = withoutField(left, pathOf(key), (path) => owned.some((fields) => fields.has(pathKey(path))));
  }
  return left as KubeObject;
}

/** Someone who owns a member of a map keeps the map alive. */
function ownsAtOrBelow(fields: FieldSet, key: string): boolean {
  const prefix = `${key.slice(0, -1)},`;
  return fields.has(key) || [...fields].some((field) => field.startsWith(prefix));
}

function sameSet(a: FieldSet, b: FieldSet): boolean {
  return a.size === b.size && [...a].every((key) => b.has(key));
}
