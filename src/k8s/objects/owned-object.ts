import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import type { ManagedFields, ManagedObject } from '../../validate/kubernetes/managed-object.ts';
import type { KubeAttempt, KubeFailure } from '../client/map-kube-error.ts';

/** An object as podid wants it in the cluster, and which one it is. */
export interface OwnedObject extends ObjectRef {
  readonly manifest: KubeObject;
}

/** The version of an object that a write is meant for. */
export interface WriteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The requests by which podid keeps objects of its own. What a race or a missing namespace explains is a
 * value, since whoever writes decides by it; `conflict`: the object changed since it was read, or is gone.
 * All else is thrown, in the words of whom the objects are for.
 */
export interface OwnedObjects {
  /** Undefined when there is none of that name, or no such namespace. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<ManagedObject | undefined>;
  /** Objects of one kind in all namespaces, as JSON; `labels` is a label selector. */
  list(of: Omit<ObjectRef, 'name'>, labels: string, signal: AbortSignal): Promise<readonly unknown[]>;
  create(
    object: OwnedObject,
    options: Pick<WriteOptions, 'dryRun' | 'signal'>,
  ): Promise<'done' | 'exists' | 'namespaceMissing' | 'namespaceEnding'>;
  /** Writes who wrote what, and nothing else but annotations that it takes away. */
  claim(
    ref: ObjectRef,
    claim: Claim,
    options: Pick<WriteOptions, 'resourceVersion' | 'signal'>,
  ): Promise<ManagedObject | 'conflict'>;
  /**
   * Server-side apply. `contested`: others own fields of it, where `yielding` does not take them over.
   */
  apply(
    object: OwnedObject,
    options: WriteOptions & { readonly yielding?: boolean },
  ): Promise<ManagedObject | 'conflict' | 'contested'>;
  /** What an apply would make of it; undefined where the server would not take it as it is. */
  preview(object: OwnedObject, options: Omit<WriteOptions, 'dryRun'>): Promise<ManagedObject | undefined>;
  /** A dry run of writing it whole, which asks what an apply after a claim would come to. */
  tryReplacing(object: OwnedObject, options: Omit<WriteOptions, 'dryRun'>): Promise<'done' | 'conflict'>;
  delete(ref: ObjectRef, options: WriteOptions): Promise<'done' | 'conflict'>;
}

/** Who is to have written what from now on. */
export interface Claim {
  readonly managers: readonly ManagedFields[];
  readonly withoutAnnotations?: readonly string[];
}

export interface Owning {
  /** Throws nothing: what a failure is called, and what to do about it. */
  readonly explain: (
    failure: KubeFailure,
    attempt: KubeAttempt,
    signal: AbortSignal,
  ) => PodidError | Promise<PodidError>;
  /** A kind that nobody serves has no objects, instead of being a failure. */
  readonly kindMayBeMissing?: true;
  /** A missing namespace is a failure, and not a state that `create` returns. */
  readonly namespaceMustExist?: true;
  /** What podid creates becomes what it applied at once, or a field that it stops applying would stay. */
  readonly claimsNew?: true;
}
