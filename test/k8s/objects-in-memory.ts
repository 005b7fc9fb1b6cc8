import type { ObjectRef } from '../../src/domain/kubernetes/kube-object.ts';
import type { OwnedObjects } from '../../src/k8s/objects/owned-object.ts';
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
  return { namespace, name, labels, annotations, spec, others: {}, managedFields, ...version, ...changes };
}

/** An OwnedObjects over a map that records what was asked of it. `answers` replaces single calls. */
export function objectsInMemory(
  start: readonly (readonly [ObjectKey, ManagedObject])[] = [],
  answers: Partial<OwnedObjects> = {},
) {
  const stored = new Map(start.map(([key, object]) => [textOf(key), object]));
  const asked: string[] = [];
  const write = (verb: string, ref: ObjectRef, dryRun = false) =>
    asked.push(`${verb}${dryRun ? ' dry' : ''} ${textOf(ref)}`);
  const api: OwnedObjects = {
    async get(key) {
      return stored.get(textOf(key));
    },
    async list() {
      return [];
    },
    async create(object, options) {
      write('create', object, options.dryRun);
      return 'done';
    },
    async claim(ref, { managers }) {
      write('claim', ref);
      const found = stored.get(textOf(ref));
      return found === undefined ? 'conflict' : { ...found, resourceVersion: '8', managedFields: managers };
    },
    async apply(object, options) {
      write(`apply@${options.resourceVersion}`, object, options.dryRun);
      const found = stored.get(textOf(object));
      const spec = object.manifest['spec'] as ManagedObject['spec'];
      return found === undefined ? 'conflict' : { ...found, resourceVersion: '9', spec };
    },
    preview: async () => undefined,
    tryReplacing: async () => 'done',
    async delete(ref, options) {
      write(`delete@${options.resourceVersion}`, ref, options.dryRun);
      stored.delete(textOf(ref));
      return 'done';
    },
    ...answers,
  };
  return { api, asked, stored };
}

function textOf({ kind, namespace, name }: Pick<ObjectRef, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${namespace}/${name}`;
}
