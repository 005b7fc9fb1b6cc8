import {
  ApiException,
  type ConfigurationOptions,
  CustomObjectsApi,
  createConfiguration,
  PatchStrategy,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@kubernetes/client-node';
import { identityApi } from '../domain/identity-resources.ts';
import type { Clock } from '../domain/ports.ts';
import { PodidError } from '../errors/podid-error.ts';
import { isRecord, stringAt } from '../validate/json-record.ts';
import { type ManagedFields, type ManagedObject, parseManagedObject } from '../validate/managed-object.ts';
import type { ClusterAccess } from './cluster-access.ts';
import {
  isResourceMissing,
  type KubeAttempt,
  type KubeFailure,
  kubeFailure,
  mapKubeError,
} from './map-kube-error.ts';
import { type ObjectKey, type ObjectKind, podidManager, type RenderedObject } from './render-objects.ts';
import { sendAgain } from './send-again.ts';
import { sendRequest, unusableAnswer } from './send-request.ts';

/** The version of an object that a write is meant for. */
export interface WriteOptions {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

/**
 * The few requests that mirroring needs. What a race or a missing namespace explains is a value, since the mirror decides by it.
 * All others throw PodidError MirrorFailed | ClusterUnreachable.
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

const plurals: Readonly<Record<ObjectKind, string>> = {
  AzureIdentity: 'azureidentities',
  AzureIdentityBinding: 'azureidentitybindings',
  AzurePodIdentityException: 'azurepodidentityexceptions',
};

export interface ObjectApiOptions {
  /** For each try of a request. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export function createObjectApi(access: ClusterAccess, { timeoutMs, clock }: ObjectApiOptions): ObjectApi {
  const api = new CustomObjectsApi(
    createConfiguration({
      baseServer: new ServerConfiguration(access.server, {}),
      authMethods: { default: access.authentication },
    }),
  );
  const call: Call = async (attempt, send, signal, contentType) => {
    const settings = { timeoutMs, signal, ...(contentType === undefined ? {} : { contentType }) };
    const httpApi = wrapHttpLibrary({
      send: (request) => sendAgain(() => sendRequest(request, settings), clock, signal),
    });
    try {
      return { body: await send({ httpApi }) };
    } catch (error) {
      if (error instanceof ApiException) {
        return { failure: kubeFailure(error.code, error.body), attempt };
      }
      // A cut-off body is the one thing that the client parses and we have not looked at.
      throw error instanceof SyntaxError ? unusableAnswer(new URL(access.server).host) : error;
    }
  };
  return { ...readingApi(api, call), ...writingApi(api, call) };
}

type Reply =
  | { readonly body: unknown; readonly failure?: undefined }
  | { readonly failure: KubeFailure; readonly attempt: KubeAttempt };

type Call = (
  attempt: KubeAttempt,
  send: (options: ConfigurationOptions) => Promise<unknown>,
  signal: AbortSignal,
  contentType?: string,
) => Promise<Reply>;

function readingApi(api: CustomObjectsApi, call: Call): Pick<ObjectApi, 'get' | 'list'> {
  return {
    async get(key, signal) {
      const reply = await call(
        attemptOf('get', key),
        (options) => api.getNamespacedCustomObject(pathOf(key), options),
        signal,
      );
      if (reply.failure?.httpStatus === 404 && !isResourceMissing(reply.failure)) {
        return undefined;
      }
      return managedObject(reply);
    },
    async list(kind, labels, signal) {
      const read = (next?: string) => listPage(api, call, { kind, labels, next, signal });
      const pages = await listPages(read);
      const again = pages === 'expired' ? await listPages(read) : pages;
      if (again === 'expired') {
        throw new PodidError(
          'ClusterUnreachable',
          "The cluster's API keeps ending its lists before they are read.",
        );
      }
      return again.flat();
    },
  };
}

interface Page {
  readonly items: unknown[];
  readonly next?: string;
}

/** `expired` when the list grew too old between two pages: the server lets nobody continue it. */
async function listPages(
  read: (next: string | undefined) => Promise<Page | 'expired'>,
): Promise<readonly unknown[][] | 'expired'> {
  const pages: unknown[][] = [];
  let next: string | undefined;
  do {
    const page = await read(next);
    if (page === 'expired') return 'expired';
    pages.push(page.items);
    next = page.next;
  } while (next !== undefined);
  return pages;
}

interface PageRequest {
  readonly kind: ObjectKind;
  readonly labels: string;
  readonly next: string | undefined;
  readonly signal: AbortSignal;
}

async function listPage(
  api: CustomObjectsApi,
  call: Call,
  { kind, labels, next, signal }: PageRequest,
): Promise<Page | 'expired'> {
  const resource = plurals[kind];
  const query = {
    ...identityApi,
    plural: resource,
    limit: 500,
    ...(labels === '' ? {} : { labelSelector: labels }),
    ...(next === undefined ? {} : { _continue: next }),
  };
  const reply = await call(
    { verb: 'list', resource },
    (options) => api.listCustomObjectForAllNamespaces(query, options),
    signal,
  );
  if (reply.failure?.httpStatus === 410 && next !== undefined) {
    return 'expired';
  }
  const body = bodyOf(reply);
  const more =
    isRecord(body) && isRecord(body['metadata']) ? stringAt(body['metadata'], 'continue') : undefined;
  const items = isRecord(body) && Array.isArray(body['items']) ? body['items'] : [];
  return more ? { items, next: more } : { items };
}

function writingApi(
  api: CustomObjectsApi,
  call: Call,
): Pick<ObjectApi, 'create' | 'claim' | 'apply' | 'delete'> {
  return {
    async create(object, { dryRun, signal }) {
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
      if (failure?.httpStatus === 409) return 'exists';
      if (failure?.httpStatus === 404 && failure.status?.resource === 'namespaces') return 'namespaceMissing';
      if (failure?.status?.causes.includes('NamespaceTerminating')) return 'namespaceEnding';
      bodyOf(reply);
      return 'done';
    },
    async claim(key, managers, { resourceVersion, signal }) {
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
    },
    async apply(object, { uid, resourceVersion, dryRun, signal }) {
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
      if (isStale(reply)) return 'stale';
      bodyOf(reply);
      return 'done';
    },
    async delete(key, { uid, resourceVersion, dryRun, signal }) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
      const reply = await call(
        attemptOf('delete', key),
        (options) => api.deleteNamespacedCustomObject({ ...pathOf(key), body, ...dry(dryRun) }, options),
        signal,
      );
      if (isStale(reply)) return 'stale';
      bodyOf(reply);
      return 'done';
    },
  };
}

function pathOf({ kind, namespace, name }: ObjectKey) {
  return { ...identityApi, namespace, plural: plurals[kind], name };
}

function attemptOf(verb: KubeAttempt['verb'], { kind, namespace, name }: ObjectKey): KubeAttempt {
  return { verb, resource: plurals[kind], namespace, name };
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
function isStale({ failure }: Reply): boolean {
  return failure?.httpStatus === 409 || (failure?.httpStatus === 404 && !isResourceMissing(failure));
}

function managedObject(reply: Reply): ManagedObject {
  const object = parseManagedObject(bodyOf(reply));
  if (object === undefined) {
    throw unusableAnswer('the address of the kubeconfig');
  }
  return object;
}

function bodyOf(reply: Reply): unknown {
  if (reply.failure !== undefined) {
    throw mapKubeError(reply.failure, reply.attempt);
  }
  return reply.body;
}
