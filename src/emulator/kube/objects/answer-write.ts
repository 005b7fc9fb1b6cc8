import { type Call, parseBody, parseJson, type RequestBody, send } from '../kube-call.ts';
import { badRequest, KubeFailure, methodNotAllowed } from '../kube-failure.ts';
import type { WriteTarget } from './admit-object.ts';
import { deleteObject } from './delete-object.ts';
import { jsonPatch } from './json-patch.ts';
import { isMap, type KubeObject } from './kube-object.ts';
import { mergePatch } from './merge-patch.ts';
import { selectObjects } from './selectors.ts';
import { strategicMerge } from './strategic-merge.ts';
import { applyToStore, createObject, patchObject, updateObject, type WriteOptions } from './write-objects.ts';

/** Answers `create`, `update` and `patch`. @throws KubeFailure */
export function answerWrite(call: Call, verb: string, target: WriteTarget): void {
  const { store } = call;
  const options = writeOptions(call);
  const collection = target.name === '';
  if (collection !== (verb === 'create')) {
    throw methodNotAllowed();
  }
  if (verb === 'create') {
    send(call, 201, createObject(store, target, parseBody(call) as unknown as KubeObject, options));
  } else if (verb === 'update') {
    send(call, 200, updateObject(store, target, withMeta(parseBody(call)), options));
  } else {
    patch(call, target, options);
  }
}

function patch(call: Call, target: WriteTarget, options: WriteOptions): void {
  const patched = (change: (live: KubeObject) => unknown) =>
    send(call, 200, patchObject(call.store, target, change, options));
  const type = (call.request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === 'application/apply-patch+yaml') {
    if (options.manager === '') {
      throw badRequest('fieldManager is required for apply patch.');
    }
    const { object, created } = applyToStore(call.store, target, withMeta(parseBody(call)), options);
    send(call, created ? 201 : 200, object);
  } else if (type === 'application/merge-patch+json') {
    const body = parseBody(call);
    patched((live) => mergePatch(live, body));
  } else if (type === 'application/strategic-merge-patch+json' && target.kind.schema === undefined) {
    const body = parseBody(call);
    patched((live) => strategicMerge(live, body));
  } else if (type === 'application/json-patch+json') {
    const steps = parseJson(call);
    patched((live) => jsonPatch(live, steps));
  } else {
    const message = `A ${target.kind.kind} takes merge patches, JSON patches and server-side apply, not ${type}.`;
    throw new KubeFailure(415, 'UnsupportedMediaType', message);
  }
}

export function writeOptions(call: Call): WriteOptions {
  const query = call.url.searchParams;
  const apply = call.request.headers['content-type']?.startsWith('application/apply-patch') === true;
  return {
    manager: apply ? (query.get('fieldManager') ?? '') : managerOf(call),
    dryRun: query.get('dryRun') === 'All',
    force: query.get('force') === 'true',
  };
}

/** Without `fieldManager`, a server takes the part of the user agent before the first slash. */
function managerOf({ url, request }: Call): string {
  return (
    url.searchParams.get('fieldManager') ||
    (request.headers['user-agent'] ?? 'unknown').split('/')[0] ||
    'unknown'
  );
}

/**
 * Deletes one object or, without a name, all that the selectors choose; returns the answer. @throws
 * KubeFailure
 */
export function answerDelete(call: Call, target: WriteTarget): object {
  const { store, url } = call;
  const body = call.body.length === 0 ? {} : parseBody(call);
  const dryRun =
    url.searchParams.get('dryRun') === 'All' || (Array.isArray(body.dryRun) && body.dryRun.includes('All'));
  const { propagationPolicy = url.searchParams.get('propagationPolicy') } = body;
  const propagation = typeof propagationPolicy === 'string' ? { propagationPolicy } : {};
  if (target.name !== '') {
    const deleted = deleteObject(store, target, {
      dryRun,
      ...propagation,
      ...(isMap(body.preconditions) ? body.preconditions : {}),
    });
    const details = { name: target.name, group: target.kind.group, kind: target.kind.plural };
    return deleted.metadata.deletionTimestamp === undefined
      ? {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Success',
          details: { ...details, uid: deleted.metadata.uid },
        }
      : deleted;
  }
  const query = url.searchParams;
  const select = selectObjects(query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '');
  const inScope = store
    .all(target.kind)
    .filter(
      (item) => (target.namespace === '' || item.metadata.namespace === target.namespace) && select(item),
    );
  for (const { metadata } of inScope) {
    const each = { ...target, namespace: metadata.namespace ?? '', name: metadata.name };
    deleteObject(store, each, { dryRun, ...propagation });
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
}

function withMeta(body: RequestBody): KubeObject {
  return { metadata: {}, ...body } as unknown as KubeObject;
}
