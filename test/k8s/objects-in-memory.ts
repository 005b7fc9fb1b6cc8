import type { ObjectApi, WriteOptions } from '../../src/k8s/objects/object-port.ts';
import type { ObjectKey, RenderedObject } from '../../src/k8s/objects/render-objects.ts';
import type { FieldSet, ManagedFields, ManagedObject } from '../../src/validate/kubernetes/managed-object.ts';

export function manager(name: string, fields: FieldSet, operation = 'Update'): ManagedFields {
  return { manager: name, operation, apiVersion: 'aadpodidentity.k8s.io/v1', fields };
}

/** Names of spec fields as one writer's field set; `a/b` is a nested one. */
export function specFields(...names: readonly string[]): FieldSet {
  const nested = (parts: readonly string[]): FieldSet =>
    parts.length === 0 ? {} : { [`f:${parts[0]}`]: nested(parts.slice(1)) };
  const all = names.map((name) => nested(name.split('/')));
  return { 'f:spec': Object.assign({}, ...all) };
}

export function live(
  object: RenderedObject,
  managedFields: readonly ManagedFields[],
  changes: Partial<ManagedObject> = {},
): ManagedObject {
  const { namespace, name, labels, annotations, spec } = object;
  const version = { uid: `uid-${name}`, resourceVersion: '7', beingDeleted: false };
  return { namespace, name, labels, annotations, spec, managedFields, ...version, ...changes };
}

/** An ObjectApi over a map that records what was asked of it. `answers` replaces single calls. */
export function objectsInMemory(
  start: readonly (readonly [ObjectKey, ManagedObject])[] = [],
  answers: Partial<ObjectApi> = {},
) {
  const stored = new Map(start.map(([key, object]) => [textOf(key), object]));
  const asked: string[] = [];
  const write = (verb: string, key: ObjectKey, options: Pick<WriteOptions, 'dryRun'>) =>
    asked.push(`${verb}${options.dryRun ? ' dry' : ''} ${textOf(key)}`);
  const api: ObjectApi = {
    async get(key) {
      return stored.get(textOf(key));
    },
    async list() {
      return [];
    },
    async create(object, options) {
      write('create', object, options);
      return 'done';
    },
    async claim(key, managers, options) {
      write('claim', key, options);
      const found = stored.get(textOf(key));
      return found === undefined ? 'stale' : { ...found, resourceVersion: '8', managedFields: managers };
    },
    async apply(object, options) {
      write(`apply@${options.resourceVersion}`, object, options);
      return 'done';
    },
    async delete(key, options) {
      write(`delete@${options.resourceVersion}`, key, options);
      stored.delete(textOf(key));
      return 'done';
    },
    ...answers,
  };
  return { api, asked, stored };
}

function textOf({ kind, namespace, name }: ObjectKey): string {
  return `${kind} ${namespace}/${name}`;
}
