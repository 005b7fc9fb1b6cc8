import type { FieldSet, ManagedFields } from '../../validate/kubernetes/managed-object.ts';
import { podidManager } from './render-objects.ts';

/** Names of a nested field, from the object's root: `['spec', 'podLabels', 'app']`. */
export type FieldPath = readonly string[];

/** Who else than podid wrote one of the fields. */
export function otherOwners(
  managers: readonly ManagedFields[],
  paths: readonly FieldPath[],
): readonly string[] {
  const owners = managers
    .filter(({ manager }) => manager !== podidManager)
    .filter(({ fields }) => paths.some((path) => owns(fields, path)));
  return [...new Set(owners.map(({ manager }) => manager))];
}

function owns(fields: FieldSet, path: FieldPath): boolean {
  let inner = fields;
  for (const element of path) {
    const next = inner[`f:${element}`];
    if (next === undefined) {
      return false;
    }
    if (Object.keys(next).length === 0) {
      return true;
    }
    inner = next;
  }
  return true;
}

/** Whether podid wrote fields otherwise than by apply, as every POST does. */
export function holdsByUpdate(managers: readonly ManagedFields[]): boolean {
  return managers.some((entry) => entry.manager === podidManager && entry.operation !== 'Apply');
}

/**
 * The managers with what podid wrote by POST turned into what it applied, as client-go's csaupgrade does.
 * Without that a field that podid stops applying would stay, held by its own POST. With `everything`, the
 * spec's fields of all others become podid's too, so that the next apply also removes what they set and podid
 * does not want.
 */
export function claimFields(
  managers: readonly ManagedFields[],
  everything: boolean,
): readonly ManagedFields[] {
  const claimed = managers.filter(isOwn);
  const others = managers.filter((entry) => !isOwn(entry));
  const taken = everything ? others.map(({ fields }) => specOf(fields)) : [];
  const apiVersion = claimed[0]?.apiVersion ?? others[0]?.apiVersion ?? '';
  const fields = [...claimed.map((entry) => entry.fields), ...taken].reduce(union, {});
  const left = everything ? others.map(withoutSpec).filter(holdsAny) : others;
  return [{ manager: podidManager, operation: 'Apply', apiVersion, fields }, ...left];
}

/** What podid holds of a status, if anything ever, is not a matter of apply. */
function isOwn(entry: ManagedFields): boolean {
  return entry.manager === podidManager && entry.subresource === undefined;
}

function specOf(fields: FieldSet): FieldSet {
  const spec = fields['f:spec'];
  return spec === undefined ? {} : { 'f:spec': spec };
}

function withoutSpec(entry: ManagedFields): ManagedFields {
  const { 'f:spec': _spec, ...fields } = entry.fields;
  return { ...entry, fields };
}

function holdsAny({ fields }: ManagedFields): boolean {
  return Object.keys(fields).length > 0;
}

function union(one: FieldSet, other: FieldSet): FieldSet {
  const merged: Record<string, FieldSet> = { ...one };
  for (const [element, inner] of Object.entries(other)) {
    merged[element] = union(one[element] ?? {}, inner);
  }
  return merged;
}
