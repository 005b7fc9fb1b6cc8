import { type CustomObjectsApi, PatchStrategy } from '@kubernetes/client-node';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { isResourceMissing } from '../client/map-kube-error.ts';
import {
  attemptOf,
  bodyOf,
  managedObject,
  type ObjectCall,
  type ObjectReply,
  pathOf,
} from './object-call.ts';
import type { ObjectApi } from './object-port.ts';
import { podidManager, type RenderedObject } from './render-objects.ts';

export function objectWrites(
  api: CustomObjectsApi,
  call: ObjectCall,
): Pick<ObjectApi, 'create' | 'claim' | 'apply' | 'delete'> {
  return {
    create: creator(api, call),
    claim: claimer(api, call),
    apply: applier(api, call),
    delete: deleter(api, call),
  };
}

function creator(api: CustomObjectsApi, call: ObjectCall): ObjectApi['create'] {
  return async (object, { dryRun, signal }) => {
    const { name: _name, ...collection } = pathOf(object);
    const reply = await call(
      attemptOf('create', object),
      (options) =>
        api.createNamespacedCustomObject(
          { ...collection, body: bodyFor(object), fieldManager: podidManager, ...dry(dryRun) },
          options,
        ),
      signal,
    );
    const { failure } = reply;
    if (failure?.httpStatus === 409) {
      return 'exists';
    }
    if (failure?.httpStatus === 404 && failure.status?.resource === 'namespaces') {
      return 'namespaceMissing';
    }
    if (failure?.status?.causes.includes('NamespaceTerminating')) {
      return 'namespaceEnding';
    }
    bodyOf(reply);
    return 'done';
  };
}

function claimer(api: CustomObjectsApi, call: ObjectCall): ObjectApi['claim'] {
  return async (key, managers, { resourceVersion, signal }) => {
    const managedFields = managers.map(({ fields, ...entry }) => ({
      ...entry,
      fieldsType: 'FieldsV1',
      fieldsV1: fields,
    }));
    const body = { metadata: { resourceVersion, managedFields } };
    const reply = await call(
      attemptOf('patch', key),
      (options) =>
        api.patchNamespacedCustomObject({ ...pathOf(key), body, fieldManager: podidManager }, options),
      signal,
      PatchStrategy.MergePatch,
    );
    return isStale(reply) ? 'stale' : managedObject(reply);
  };
}

function applier(api: CustomObjectsApi, call: ObjectCall): ObjectApi['apply'] {
  return async (object, { uid, resourceVersion, dryRun, signal }) => {
    const query = { ...pathOf(object), fieldManager: podidManager, force: true, ...dry(dryRun) };
    const reply = await call(
      attemptOf('patch', object),
      (options) =>
        api.patchNamespacedCustomObject(
          { ...query, body: bodyFor(object, { uid, resourceVersion }) },
          options,
        ),
      signal,
      PatchStrategy.ServerSideApply,
    );
    if (isStale(reply)) {
      return 'stale';
    }
    bodyOf(reply);
    return 'done';
  };
}

function deleter(api: CustomObjectsApi, call: ObjectCall): ObjectApi['delete'] {
  return async (key, { uid, resourceVersion, dryRun, signal }) => {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
    const reply = await call(
      attemptOf('delete', key),
      (options) => api.deleteNamespacedCustomObject({ ...pathOf(key), body, ...dry(dryRun) }, options),
      signal,
    );
    if (isStale(reply)) {
      return 'stale';
    }
    bodyOf(reply);
    return 'done';
  };
}

function dry(dryRun: boolean): { dryRun?: string } {
  return dryRun ? { dryRun: 'All' } : {};
}

function bodyFor(object: RenderedObject, version: { uid?: string; resourceVersion?: string } = {}): object {
  const { kind, name, namespace, labels, annotations, spec } = object;
  const apiVersion = `${identityApi.group}/${identityApi.version}`;
  return { apiVersion, kind, metadata: { name, namespace, labels, annotations, ...version }, spec };
}

/** The object changed since it was read, or is gone. */
function isStale({ failure }: ObjectReply): boolean {
  return failure?.httpStatus === 409 || (failure?.httpStatus === 404 && !isResourceMissing(failure));
}
