import { type FieldsV1, isMap, type JsonMap, type KubeObject, sameJson } from './kube-object.ts';

/**
 * One step of a path in FieldsV1's own notation: `f:spec`, `v:"a"` (item of a set), `k:{"uid":"…"}` (item of
 * a keyed list).
 */
export type FieldPath = readonly string[];

/** Paths that one manager owns, each as the JSON text of a FieldPath. */
export type FieldSet = ReadonlySet<string>;

export function pathKey(path: FieldPath): string {
  return JSON.stringify(path);
}

export function pathOf(key: string): FieldPath {
  return JSON.parse(key) as FieldPath;
}

/** `.spec.clientID`, as the causes of an apply conflict name a field. */
export function pathText(path: FieldPath): string {
  return path.map((step) => (step.startsWith('f:') ? `.${step.slice(2)}` : `[${step.slice(2)}]`)).join('');
}

/**
 * The fields an object sets. Leaves are scalars, empty maps and atomic lists; `withParents` adds the maps in
 * between, which an Update owns and an Apply does not (structured-merge-diff).
 */
export function fieldsOf(object: KubeObject, withParents: boolean): FieldSet {
  const fields = new Set<string>();
  for (const [name, value] of Object.entries(object)) {
    if (name === 'metadata') {
      const meta = Object.entries(value as JsonMap).filter(([key]) => !systemMetadata.has(key));
      for (const [key, field] of meta) {
        collect(field, ['f:metadata', `f:${key}`], fields, withParents);
      }
    } else if (name !== 'apiVersion' && name !== 'kind') {
      collect(value, [`f:${name}`], fields, withParents);
    }
  }
  return fields;
}

const systemMetadata = new Set([
  'name',
  'namespace',
  'generateName',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'managedFields',
  'selfLink',
]);

function collect(value: unknown, path: FieldPath, into: Set<string>, withParents: boolean): void {
  if (isMap(value) && Object.keys(value).length > 0) {
    if (withParents) {
      into.add(pathKey(path));
    }
    for (const [name, field] of Object.entries(value)) {
      collect(field, [...path, `f:${name}`], into, withParents);
    }
    return;
  }
  const list = granularList(path);
  if (!Array.isArray(value) || list === undefined) {
    into.add(pathKey(path));
    return;
  }
  if (withParents) {
    into.add(pathKey(path));
  }
  for (const item of value) {
    const itemPath = [...path, itemStep(list, item)];
    into.add(pathKey(itemPath));
    if (isMap(item)) {
      for (const [name, field] of Object.entries(item)) {
        collect(field, [...itemPath, `f:${name}`], into, withParents);
      }
    }
  }
}

interface GranularList {
  /** Undefined for a set, whose items are their own keys. */
  readonly key?: string;
}

const granularLists: Readonly<Record<string, GranularList>> = {
  '["f:metadata","f:finalizers"]': {},
  '["f:metadata","f:ownerReferences"]': { key: 'uid' },
};

/**
 * Lists whose items have owners of their own. All others are atomic, as every list of a CRD without
 * `x-kubernetes-list-type`.
 */
export function granularList(path: FieldPath): GranularList | undefined {
  return granularLists[pathKey(path)];
}

export function itemStep(list: GranularList, item: unknown): string {
  if (list.key === undefined || !isMap(item)) {
    return `v:${JSON.stringify(item)}`;
  }
  return `k:${JSON.stringify({ [list.key]: item[list.key] })}`;
}

export function valueAt(root: unknown, path: FieldPath): unknown {
  let value = root;
  for (const [depth, step] of path.entries()) {
    if (step.startsWith('f:')) {
      value = isMap(value) && Object.hasOwn(value, step.slice(2)) ? value[step.slice(2)] : undefined;
    } else {
      const list = granularList(path.slice(0, depth)) ?? {};
      value = Array.isArray(value) ? value.find((item) => itemStep(list, item) === step) : undefined;
    }
  }
  return value;
}

/**
 * Whether two objects hold the same at a path. Two non-empty maps do, since their members are fields of their
 * own.
 */
export function sameField(a: unknown, b: unknown, path: FieldPath): boolean {
  const [left, right] = [valueAt(a, path), valueAt(b, path)];
  const containers =
    (isMap(left) && isMap(right)) || (granularList(path) !== undefined && right !== undefined);
  return containers || sameJson(left, right);
}

/**
 * The value without one field. A map or list that becomes empty goes too, as in a real API server, unless
 * `keeps` says that someone owns it for itself.
 */
export function withoutField(
  value: unknown,
  path: FieldPath,
  keeps: (path: FieldPath) => boolean,
  from: FieldPath = [],
): unknown {
  const [step, ...rest] = path;
  if (step === undefined) {
    return undefined;
  }
  const here = [...from, step];
  const list = granularList(from) ?? {};
  const without = (own: string, item: unknown) =>
    own === step ? withoutField(item, rest, keeps, here) : item;
  if (Array.isArray(value)) {
    const items = value
      .map((item) => without(itemStep(list, item), item))
      .filter((item) => item !== undefined);
    return items.length > 0 || keeps(from) ? items : undefined;
  }
  if (!isMap(value)) {
    return value;
  }
  const fields = Object.entries(value)
    .map(([name, field]) => [name, without(`f:${name}`, field)] as const)
    .filter(([, field]) => field !== undefined);
  return fields.length > 0 || keeps(from) ? Object.fromEntries(fields) : undefined;
}

export function toFieldsV1(fields: FieldSet): FieldsV1 {
  const root: FieldsV1 = {};
  for (const key of [...fields].sort()) {
    let node = root;
    for (const step of pathOf(key)) {
      node[step] ??= {};
      node = node[step];
    }
    node['.'] = {};
  }
  return withoutLeafDots(root);
}

/** A leaf is written `{}`; only a field that has children below it is written with a dot. */
function withoutLeafDots(node: FieldsV1): FieldsV1 {
  const steps = Object.entries(node);
  const leaf = steps.every(([step]) => step === '.');
  return leaf ? {} : Object.fromEntries(steps.map(([step, child]) => [step, withoutLeafDots(child)]));
}

export function fromFieldsV1(node: FieldsV1, path: FieldPath = []): FieldSet {
  const fields = new Set<string>();
  const steps = Object.entries(node);
  if (path.length > 0 && steps.length === 0) {
    fields.add(pathKey(path));
  }
  for (const [step, child] of steps) {
    const below = step === '.' ? [pathKey(path)] : fromFieldsV1(child, [...path, step]);
    for (const key of below) {
      fields.add(key);
    }
  }
  return fields;
}
