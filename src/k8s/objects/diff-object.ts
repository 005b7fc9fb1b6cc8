import { sameResource } from '../../domain/azure/resource-id.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { FieldPath } from './field-owners.ts';
import type { RenderedObject } from './render-objects.ts';

/**
 * Where the cluster's object means something else than the wanted one. An absent `type` is 0, and ARM ids are
 * compared without case. Fields of the spec that podid does not know are not a difference, extra keys of
 * `podLabels` are.
 */
export function diffSpec(wanted: RenderedObject, found: ManagedObject): readonly FieldPath[] {
  return Object.entries(wanted.spec).flatMap(([field, value]) => {
    const current = found.spec[field];
    if (isRecord(value)) {
      return diffMap(['spec', field], value, isRecord(current) ? current : {});
    }
    return sameValue(field, value, current) ? [] : [['spec', field]];
  });
}

/** Labels and annotations of podid's own that the cluster's object lacks. */
export function diffMarks(wanted: RenderedObject, found: ManagedObject): readonly FieldPath[] {
  const missing = (member: 'labels' | 'annotations') =>
    Object.entries(wanted[member])
      .filter(([key, value]) => found[member][key] !== value)
      .map(([key]) => ['metadata', member, key]);
  return [...missing('labels'), ...missing('annotations')];
}

function diffMap(
  path: FieldPath,
  wanted: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): readonly FieldPath[] {
  const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
  const differing = [...keys].filter(
    (key) => !Object.hasOwn(wanted, key) || !Object.hasOwn(found, key) || wanted[key] !== found[key],
  );
  return differing.sort().map((key) => [...path, key]);
}

function sameValue(field: string, wanted: unknown, found: unknown): boolean {
  if (field === 'type') {
    return wanted === (found ?? 0);
  }
  if (field === 'resourceID' && typeof wanted === 'string' && typeof found === 'string') {
    return sameResource(wanted, found);
  }
  return wanted === found;
}
