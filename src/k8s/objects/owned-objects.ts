import type { KubeObject, ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { type ManagedObject, parseClusterObject } from '../../validate/kubernetes/managed-object.ts';
import {
  applyContent,
  type KubeRest,
  mergeContent,
  objectPath,
  type RestReply,
  type RestRequest,
  resourceOf,
  unusableAnswer,
} from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';
import { isResourceMissing, type KubeAttempt, type KubeFailure } from '../client/map-kube-error.ts';
import { claimFields } from './field-owners.ts';
import type { Claim, OwnedObject, OwnedObjects, Owning, WriteOptions } from './owned-object.ts';
import { podidManager } from './render-objects.ts';

export function ownedObjects(rest: KubeRest, owning: Owning): OwnedObjects {
  return new Requests(rest, owning);
}

class Requests implements OwnedObjects {
  readonly #rest: KubeRest;
  readonly #owning: Owning;

  constructor(rest: KubeRest, owning: Owning) {
    this.#rest = rest;
    this.#owning = owning;
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<ManagedObject | undefined> {
    const reply = await this.#rest({ method: 'GET', path: objectPath(ref) }, signal);
    const { failure } = reply;
    const isAbsent =
      failure?.httpStatus === 404 && (this.#owning.kindMayBeMissing || !isResourceMissing(failure));
    return isAbsent ? undefined : await this.#object(reply, attemptOf('get', ref), signal);
  }

  async list(of: Omit<ObjectRef, 'name'>, labels: string, signal: AbortSignal): Promise<readonly unknown[]> {
    const ref = { ...of, name: '' };
    const query = labels === '' ? {} : { labelSelector: labels };
    const { items, failure } = await listPages(this.#rest, { path: objectPath(ref), query }, signal);
    if (failure !== undefined) {
      throw await this.#owning.explain(failure, attemptOf('list', ref), signal);
    }
    return items;
  }

  async create(
    object: OwnedObject,
    { dryRun, signal }: Pick<WriteOptions, 'dryRun' | 'signal'>,
  ): ReturnType<OwnedObjects['create']> {
    const reply = await this.#rest(
      {
        method: 'POST',
        path: objectPath({ ...object, name: '' }),
        query: { fieldManager: podidManager, ...dry(dryRun) },
        body: object.manifest,
      },
      signal,
    );
    const { failure } = reply;
    if (failure?.httpStatus === 409) {
      return 'exists';
    }
    const obstacle = this.#owning.namespaceMustExist ? undefined : namespaceObstacle(failure);
    if (obstacle !== undefined) {
      return obstacle;
    }
    const body = await this.#body(reply, attemptOf('create', object), signal);
    const created = this.#owning.claimsNew && !dryRun ? parseClusterObject(body) : undefined;
    if (created !== undefined) {
      // One that a controller has written meanwhile is claimed before it is next applied.
      const { managedFields, resourceVersion } = created;
      await this.claim(object, { managers: claimFields(managedFields, false) }, { resourceVersion, signal });
    }
    return 'done';
  }

  async claim(
    ref: ObjectRef,
    { managers, withoutAnnotations = [] }: Claim,
    { resourceVersion, signal }: Pick<WriteOptions, 'resourceVersion' | 'signal'>,
  ): Promise<ManagedObject | 'conflict'> {
    const managedFields = managers.map(({ fields, ...entry }) => ({
      ...entry,
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    }));
    const annotations = Object.fromEntries(withoutAnnotations.map((name) => [name, null]));
    const marks = withoutAnnotations.length === 0 ? {} : { annotations };
    const query = { fieldManager: podidManager };
    const body = { metadata: { resourceVersion, managedFields, ...marks } };
    const reply = await this.#rest(
      { method: 'PATCH', path: objectPath(ref), query, contentType: mergeContent, body },
      signal,
    );
    return isConflict(reply) ? 'conflict' : await this.#object(reply, attemptOf('patch', ref), signal);
  }

  async apply(
    object: OwnedObject,
    options: WriteOptions & { readonly yielding?: boolean },
  ): ReturnType<OwnedObjects['apply']> {
    const { yielding = false, signal } = options;
    const reply = await this.#rest(patchOf(object, options, !yielding), signal);
    if (yielding && reply.failure?.status?.causes.includes('FieldManagerConflict')) {
      return 'contested';
    }
    return isConflict(reply) ? 'conflict' : await this.#object(reply, attemptOf('patch', object), signal);
  }

  async preview(
    object: OwnedObject,
    options: Omit<WriteOptions, 'dryRun'>,
  ): Promise<ManagedObject | undefined> {
    const reply = await this.#rest(patchOf(object, { ...options, dryRun: true }, true), options.signal);
    // Lists that two writers share are not taken (422), nor is what changed in between.
    return isConflict(reply) || reply.failure?.httpStatus === 422
      ? undefined
      : await this.#object(reply, attemptOf('patch', object), options.signal);
  }

  async tryReplacing(
    object: OwnedObject,
    { signal, ...version }: Omit<WriteOptions, 'dryRun'>,
  ): Promise<'done' | 'conflict'> {
    const query = { fieldManager: podidManager, dryRun: 'All' };
    const body = at(object.manifest, version);
    const reply = await this.#rest({ method: 'PUT', path: objectPath(object), query, body }, signal);
    return await this.#doneOrConflict(reply, attemptOf('patch', object), signal);
  }

  async delete(
    ref: ObjectRef,
    { uid, resourceVersion, dryRun, signal }: WriteOptions,
  ): Promise<'done' | 'conflict'> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    const query = dry(dryRun);
    const reply = await this.#rest({ method: 'DELETE', path: objectPath(ref), query, body }, signal);
    return await this.#doneOrConflict(reply, attemptOf('delete', ref), signal);
  }

  async #doneOrConflict(
    reply: RestReply,
    attempt: KubeAttempt,
    signal: AbortSignal,
  ): Promise<'done' | 'conflict'> {
    if (isConflict(reply)) {
      return 'conflict';
    }
    await this.#body(reply, attempt, signal);
    return 'done';
  }

  async #body(reply: RestReply, attempt: KubeAttempt, signal: AbortSignal): Promise<unknown> {
    if (reply.failure !== undefined) {
      throw await this.#owning.explain(reply.failure, attempt, signal);
    }
    return reply.body;
  }

  async #object(reply: RestReply, attempt: KubeAttempt, signal: AbortSignal): Promise<ManagedObject> {
    const object = parseClusterObject(await this.#body(reply, attempt, signal));
    if (object === undefined) {
      throw unusableAnswer('the address of the kubeconfig');
    }
    return object;
  }
}

export function attemptOf(verb: KubeAttempt['verb'], ref: ObjectRef): KubeAttempt {
  const { namespace, name } = ref;
  return {
    verb,
    resource: resourceOf(ref),
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
}

function patchOf(object: OwnedObject, options: WriteOptions, force: boolean): RestRequest {
  return {
    method: 'PATCH',
    path: objectPath(object),
    query: { fieldManager: podidManager, force: `${force}`, ...dry(options.dryRun) },
    contentType: applyContent,
    body: at(object.manifest, options),
  };
}

function namespaceObstacle(
  failure: KubeFailure | undefined,
): 'namespaceMissing' | 'namespaceEnding' | undefined {
  if (failure?.httpStatus === 404 && failure.status?.resource === 'namespaces') {
    return 'namespaceMissing';
  }
  return failure?.status?.causes.includes('NamespaceTerminating') ? 'namespaceEnding' : undefined;
}

/** The manifest as it is meant for one version of the object and no other. */
function at(
  manifest: KubeObject,
  { uid, resourceVersion }: Pick<WriteOptions, 'uid' | 'resourceVersion'>,
): object {
  return { ...manifest, metadata: { ...manifest.metadata, uid, resourceVersion } };
}

function dry(dryRun: boolean): { readonly dryRun?: 'All' } {
  return dryRun ? { dryRun: 'All' } : {};
}

/** The object changed since it was read, or is gone. */
function isConflict({ failure }: RestReply): boolean {
  return failure?.httpStatus === 409 || (failure?.httpStatus === 404 && !isResourceMissing(failure));
}
