import { randomBytes } from 'node:crypto';
import { throughWebhook } from '../controllers/identity-webhook.ts';
import { alreadyExists, badRequest, conflict, KubeFailure, notFound } from '../kube-failure.ts';
import { addedByServer, withoutPods } from './added-by-server.ts';
import { admitted, type WriteTarget } from './admit-object.ts';
import { trackUpdate, type Writer } from './field-owners.ts';
import type { KubeKind } from './kube-kinds.ts';
import { isMap, type KubeMeta, type KubeObject, sameJson } from './kube-object.ts';
import { identityMeta, type KubeStore } from './kube-store.ts';
import { applyObject } from './server-side-apply.ts';

export interface WriteOptions {
  readonly manager: string;
  readonly dryRun: boolean;
  readonly force: boolean;
}

export interface WriteResult {
  readonly object: KubeObject;
  readonly created: boolean;
}

/** @throws KubeFailure 400, 404 (namespace), 409 AlreadyExists, 422 */
export function createObject(
  store: KubeStore,
  target: WriteTarget,
  body: KubeObject,
  options: WriteOptions,
): KubeObject {
  const named = withName(body);
  const aimed = { ...target, name: named.metadata?.name ?? '' };
  const wanted = admitted(store, aimed, named);
  if (store.find(target.kind, target.namespace, aimed.name) !== undefined) {
    throw alreadyExists(target.kind, aimed.name);
  }
  const passed = aimed.kind.kind === 'Pod' && store.runsPods() ? throughWebhook(store, wanted) : wanted;
  return commit(store, aimed, undefined, withoutStatus(target.kind, passed), options, 'Update').object;
}

/** @throws KubeFailure 404, 409 on a resourceVersion or uid that is not the stored one's, 422 */
export function updateObject(
  store: KubeStore,
  target: WriteTarget,
  body: KubeObject,
  options: WriteOptions,
): KubeObject {
  const live = existing(store, target);
  checkPrecondition(target, live, body.metadata);
  const wanted = admitted(store, target, body);
  return commit(store, target, live, partOf(target, live, wanted), options, 'Update').object;
}

/**
 * @param patch makes the object as it should be from the one that is there: a merge patch (RFC 7396) or a
 * JSON patch (RFC 6902)
 */
export function patchObject(
  store: KubeStore,
  target: WriteTarget,
  patch: (live: KubeObject) => unknown,
  options: WriteOptions,
): KubeObject {
  const live = existing(store, target);
  const patched = patch(live);
  const object = patched as unknown as KubeObject;
  if (!isMap(patched) || !isMap(object.metadata)) {
    throw badRequest('The patch leaves no object with metadata.');
  }
  checkPrecondition(target, live, object.metadata);
  const wanted = admitted(store, target, object);
  return commit(store, target, live, partOf(target, live, wanted), options, 'Update').object;
}

/**
 * Server-side apply; creates what is not there. @throws KubeFailure 409 with one cause for each field another
 * manager owns
 */
export function applyToStore(
  store: KubeStore,
  target: WriteTarget,
  body: KubeObject,
  options: WriteOptions,
): WriteResult {
  const live = store.find(target.kind, target.namespace, target.name);
  if (body.metadata?.managedFields !== undefined) {
    throw badRequest('metadata.managedFields must be absent from what is applied.');
  }
  const applied = admitted(store, target, body);
  if (live === undefined && (applied.metadata.resourceVersion ?? applied.metadata.uid) !== undefined) {
    throw conflict(
      target.kind,
      target.name,
      'it does not exist, though the request names its version or uid.',
    );
  }
  if (live !== undefined) {
    checkPrecondition(target, live, applied.metadata);
  }
  const part = target.subresource === 'status' ? applied : withoutStatus(target.kind, applied);
  const writer = writerOf(store, options);
  const { object, conflicts } = applyObject(live, { applied: part, writer, force: options.force });
  if (conflicts.length > 0) {
    throw applyConflict(target, conflicts);
  }
  return object === live ? { object, created: false } : commit(store, target, live, object, options, 'Apply');
}

function applyConflict(
  target: WriteTarget,
  conflicts: ReturnType<typeof applyObject>['conflicts'],
): KubeFailure {
  const causes = conflicts.map(({ manager, apiVersion, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}" using ${apiVersion}`,
    field,
  }));
  const fields = conflicts.map(({ manager, field }) => `${field} (${manager})`).join(', ');
  const message = `Apply failed with ${causes.length} conflict${causes.length > 1 ? 's' : ''}: ${fields}`;
  const { group, plural } = target.kind;
  return new KubeFailure(409, 'Conflict', message, { name: target.name, group, kind: plural, causes });
}

export function existing(store: KubeStore, { kind, namespace, name }: WriteTarget): KubeObject {
  const live = store.find(kind, namespace, name);
  if (live === undefined) {
    throw notFound(kind, name);
  }
  return live;
}

export function checkPrecondition(
  target: WriteTarget,
  live: KubeObject,
  wanted: { readonly uid?: string; readonly resourceVersion?: string },
): void {
  if (wanted.uid !== undefined && wanted.uid !== live.metadata.uid) {
    throw conflict(target.kind, target.name, `its uid is ${live.metadata.uid}, not ${wanted.uid}.`);
  }
  const version = wanted.resourceVersion ?? '';
  if (version !== '' && version !== live.metadata.resourceVersion) {
    throw conflict(target.kind, target.name, 'it has been modified since; read it again.');
  }
}

function withName(body: KubeObject): KubeObject {
  const { name, generateName } = body.metadata ?? {};
  if (name !== undefined || generateName === undefined) {
    return body;
  }
  return {
    ...body,
    metadata: { ...body.metadata, name: `${generateName}${randomBytes(3).toString('hex').slice(0, 5)}` },
  };
}

function withoutStatus(kind: KubeKind, object: KubeObject): KubeObject {
  if (!kind.statusSubresource) {
    return object;
  }
  const { status: _status, ...rest } = object;
  return rest as KubeObject;
}

/** A write to the main resource keeps the stored status, a write to `/status` keeps all else. */
function partOf({ kind, subresource }: WriteTarget, live: KubeObject, wanted: KubeObject): KubeObject {
  if (subresource === 'status') {
    return { ...live, ...('status' in wanted ? { status: wanted.status } : {}) };
  }
  return kind.statusSubresource && 'status' in live ? { ...wanted, status: live.status } : wanted;
}

function writerOf(store: KubeStore, options: WriteOptions): Writer {
  return { manager: options.manager, time: store.timestamp() };
}

function commit(
  store: KubeStore,
  target: WriteTarget,
  live: KubeObject | undefined,
  wanted: KubeObject,
  options: WriteOptions,
  how: 'Apply' | 'Update',
): WriteResult {
  const { kind, namespace } = target;
  const marked = {
    ...(live === undefined ? addedByServer(kind, wanted) : wanted),
    metadata: storedMeta(store, kind, live, wanted),
  };
  const tracked = how === 'Apply' ? marked : trackedUpdate(live, marked, target, writerOf(store, options));
  const object = target.subresource === 'status' || store.runsPods() ? tracked : withoutPods(kind, tracked);
  const created = live === undefined;
  if (!created && sameJson(object, live)) {
    return { object: live, created };
  }
  if (options.dryRun) {
    return { object, created };
  }
  const finished =
    object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
  const stored = store.put(kind, object);
  return {
    object: finished ? (store.drop(kind, namespace, stored.metadata.name) ?? stored) : stored,
    created,
  };
}

/** The status that the server gives a new object is nobody's who wrote the rest. */
function trackedUpdate(
  live: KubeObject | undefined,
  object: KubeObject,
  { kind }: WriteTarget,
  writer: Writer,
): KubeObject {
  return live === undefined && kind.statusSubresource && 'status' in object
    ? { ...trackUpdate(live, withoutStatus(kind, object), writer), status: object.status }
    : trackUpdate(live, object, writer);
}

/**
 * uid, times and version are the server's to say; the generation counts changes of what is not metadata, nor
 * status where that is apart.
 */
function storedMeta(
  store: KubeStore,
  kind: KubeKind,
  live: KubeObject | undefined,
  wanted: KubeObject,
): KubeMeta {
  const { uid: _uid, resourceVersion: _version, creationTimestamp: _created, ...rest } = wanted.metadata;
  const { deletionTimestamp: _deleted, generation: _generation, ...free } = rest;
  if (live === undefined) {
    return { ...free, ...identityMeta(undefined, store.timestamp()) };
  }
  const { uid, resourceVersion, creationTimestamp, deletionTimestamp, generation = 1 } = live.metadata;
  const changed = !sameJson(contentOf(kind, live), contentOf(kind, wanted));
  const set = { uid, resourceVersion, creationTimestamp, deletionTimestamp };
  const own = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
  return { ...free, ...own, generation: changed ? generation + 1 : generation };
}

function contentOf(kind: KubeKind, object: KubeObject): object {
  const { metadata: _metadata, ...content } = withoutStatus(kind, object);
  return content;
}
