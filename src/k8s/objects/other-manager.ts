import { aksLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import { managedByLabel, podidManager } from './render-objects.ts';
import { tokenSourceManager } from './token-source-manager.ts';

/**
 * Who an object belongs to when it is not podid's: `AKS`, `Helm`, `kubectl-edit`. Undefined for podid's own:
 * podid is among its field managers, and no label gives it to someone else. An object taken over by force
 * from AKS stays AKS's, which writes it again at will.
 */
export function otherManager(
  object: Pick<ManagedObject, 'labels' | 'annotations' | 'managedFields'>,
): string | undefined {
  if (object.labels[aksLabel] === 'aks') {
    return 'AKS';
  }
  const release = object.annotations[helmReleaseAnnotation];
  if (release !== undefined) {
    return `Helm release ${release}`;
  }
  const managedBy = object.labels[managedByLabel];
  if (managedBy !== undefined && managedBy !== podidManager) {
    return managedBy;
  }
  if (object.managedFields.some((entry) => entry.manager === podidManager)) {
    return undefined;
  }
  const managers = new Set(object.managedFields.map((entry) => entry.manager));
  // Who chose where its tokens come from has not written the object.
  const writers = [...managers].filter((manager) => manager !== '' && manager !== tokenSourceManager);
  return writers.join(' and ') || 'someone else';
}

export function isAksObject(object: Pick<ManagedObject, 'labels'>): boolean {
  return object.labels[aksLabel] === 'aks';
}

const helmReleaseAnnotation = 'meta.helm.sh/release-name';
/** By which Helm knows what is its own. */
export const helmAnnotations = [helmReleaseAnnotation, 'meta.helm.sh/release-namespace'];
