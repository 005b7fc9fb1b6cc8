import type { ManagedFields, ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { ObjectKey, ObjectKind, RenderedObject } from './render-objects.ts';

/** The version of an object that a write is meant for. */
export interface WriteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The few requests that mirroring needs. What a race or a missing namespace explains is a value, since the
 * mirror decides by it. All others throw PodidError MirrorFailed | ClusterUnreachable.
 */
export interface ObjectApi {
  /** Undefined when there is none of that name, or no such namespace. */
  get(key: ObjectKey, signal: AbortSignal): Promise<ManagedObject | undefined>;
  /** Objects of one kind in all namespaces, as JSON; `labels` is a label selector. */
  list(kind: ObjectKind, labels: string, signal: AbortSignal): Promise<readonly unknown[]>;
  create(
    object: RenderedObject,
    options: Pick<WriteOptions, 'dryRun' | 'signal'>,
  ): Promise<'done' | 'exists' | 'namespaceMissing' | 'namespaceEnding'>;
  /** Writes who wrote what, and nothing else. `stale` when the object changed or went. */
  claim(
    key: ObjectKey,
    managers: readonly ManagedFields[],
    options: WriteOptions,
  ): Promise<ManagedObject | 'stale'>;
  /** Server-side apply, which takes over what others own. */
  apply(object: RenderedObject, options: WriteOptions): Promise<'done' | 'stale'>;
  delete(key: ObjectKey, options: WriteOptions): Promise<'done' | 'stale'>;
}
