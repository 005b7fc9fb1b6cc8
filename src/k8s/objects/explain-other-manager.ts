import { unknownClientId } from '../../domain/entries/objects-edit.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { type FieldPath, otherOwners } from './field-owners.ts';
import type { RenderedObject } from './render-objects.ts';

/**
 * Why an object is left as it is: whose it is, and each field with what it holds, who wrote it where that is
 * yet someone else, and what podid wants. `Written by Helm release shop; fields that differ: spec.selector
 * "x" by kubectl-edit (wanted "web")`.
 */
export function explainOtherManager(
  writer: string,
  wanted: RenderedObject,
  found: ManagedObject,
  paths: readonly FieldPath[],
): string {
  const fields = paths.map((path) => {
    const owners = otherOwners(found.managedFields, [path]).join(' and ');
    const by = owners === '' || owners.toLowerCase() === writer.toLowerCase() ? '' : ` by ${owners}`;
    const wish = shown(wanted, path);
    // In a rehearsal nobody knows it yet.
    const told = wish === JSON.stringify(unknownClientId) ? "the managed identity's" : wish;
    return `${path.join('.')} ${shown(found, path)}${by} (wanted ${told})`;
  });
  return `Written by ${writer}; fields that differ: ${fields.join(', ')}`;
}

type Holder = Pick<ManagedObject, 'spec' | 'labels' | 'annotations'> | RenderedObject;

function shown(object: Holder, [root, ...rest]: FieldPath): string {
  const { spec, labels, annotations } = object;
  const start: unknown = root === 'spec' ? spec : { labels, annotations };
  const value = rest.reduce((here, member) => (isRecord(here) ? here[member] : undefined), start);
  return value === undefined ? 'absent' : JSON.stringify(value).slice(0, 200);
}
