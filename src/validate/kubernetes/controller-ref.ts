import type { ControllerRef } from '../../domain/kubernetes/pod.ts';
import { type JsonRecord, recordsAt, stringAt } from '../json-record.ts';

/** Of an object's metadata; undefined where nobody controls it. */
export function controllerOf(metadata: JsonRecord): ControllerRef | undefined {
  const owner = recordsAt(metadata, 'ownerReferences').find(({ controller }) => controller === true);
  const [kind, name] = [owner && stringAt(owner, 'kind'), owner && stringAt(owner, 'name')];
  return owner && kind && name
    ? { apiVersion: stringAt(owner, 'apiVersion') ?? '', kind, name, uid: stringAt(owner, 'uid') ?? '' }
    : undefined;
}
