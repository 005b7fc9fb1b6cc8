import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { diffMarks, diffSpec } from '../objects/diff-object.ts';
import { explainOtherManager } from '../objects/explain-other-manager.ts';
import { claimFields, type FieldPath, holdsByUpdate, otherOwners } from '../objects/field-owners.ts';
import { isAksObject, otherManager } from '../objects/other-manager.ts';
import type { RenderedObject } from '../objects/render-objects.ts';
import type { ObjectStep } from '../objects/settle-object.ts';

/** Brings an object that should be there in line, without touching what others wrote unless forced. */
export function chooseStep(
  wanted: RenderedObject,
  found: ManagedObject | undefined,
  force: boolean,
): ObjectStep {
  if (found === undefined) {
    return { action: 'create' };
  }
  if (found.beingDeleted) {
    return { action: 'pending', reason: 'The object of that name is being deleted' };
  }
  const spec = diffSpec(wanted, found);
  const paths = [...spec, ...diffMarks(wanted, found)];
  if (paths.length === 0) {
    return { action: 'same' };
  }
  const writer = otherManager(found);
  if (writer !== undefined && !force) {
    return spec.length === 0 ? { action: 'same' } : foreign(writer, wanted, found, spec);
  }
  const others = otherOwners(found.managedFields, paths);
  if (others.length > 0 && !force) {
    return foreign(others.join(' and '), wanted, found, paths);
  }
  return updateOf(found, writer !== undefined || others.length > 0);
}

/**
 * Takes away an object that should be gone. AKS deletes what AKS wrote, some time after the profile changed,
 * so that is left alone without a word, where AKS does it: `aksCleansUp`.
 */
export function chooseDeletion(
  found: ManagedObject | undefined,
  force: boolean,
  aksCleansUp = true,
): ObjectStep {
  if (found === undefined || found.beingDeleted) {
    return { action: 'none' };
  }
  const writer = otherManager(found);
  if (writer === undefined || force) {
    return { action: 'delete' };
  }
  return isAksObject(found) && aksCleansUp
    ? { action: 'none' }
    : { action: 'foreign', reason: `Written by ${writer}; podid deletes only what podid wrote` };
}

function updateOf(found: ManagedObject, everything: boolean): ObjectStep {
  const needed = everything || holdsByUpdate(found.managedFields);
  return { action: 'update', ...(needed ? { claim: claimFields(found.managedFields, everything) } : {}) };
}

function foreign(
  writer: string,
  wanted: RenderedObject,
  found: ManagedObject,
  paths: readonly FieldPath[],
): ObjectStep {
  return { action: 'foreign', reason: explainOtherManager(writer, wanted, found, paths) };
}
