import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { checkAccess, type KubeUser, reviewAccess } from './access.ts';
import { discoveryAnswer } from './discovery.ts';
import { badRequest, KubeFailure, methodNotAllowed, notFound } from './kube-failure.ts';
import type { KubeKind } from './kube-kinds.ts';
import { isMap, type KubeObject } from './kube-object.ts';
import { type KubePath, parseKubePath } from './kube-path.ts';
import { KubeStore, type KubeStoreOptions } from './kube-store.ts';
import { listObjects, type OpenPages } from './list-objects.ts';
import { selectObjects } from './selectors.ts';
import { streamWatch } from './watch-stream.ts';
import {
  applyToStore,
  createObject,
  deleteObject,
  mergePatchObject,
  updateObject,
  type WriteOptions,
  type WriteTarget,
} from './write-objects.ts';

export interface KubeRoutesOptions extends KubeStoreOptions {
  /** The cluster to serve; a new one, made by the other options, when absent. */
  readonly store?: KubeStore;
  /** Who each bearer token is. When absent, no token is asked for and everyone is `admin`. */
  readonly users?: Readonly<Record<string, KubeUser>>;
  /** Milliseconds between bookmarks, 60,000 when absent. */
  readonly bookmarkIntervalMs?: number;
}

export interface KubeRoutes {
  /** @returns false when the path is none of a Kubernetes API's; nothing has been written then */
  handle(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<boolean>;
  readonly store: KubeStore;
  /** Ends the open watches. */
  close(): void;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly url: URL;
  readonly store: KubeStore;
  readonly pages: OpenPages;
  readonly bookmarkIntervalMs: number;
}

/** The API server's paths, over `node:http` of whoever mounts them. */
export function createKubeRoutes(options: KubeRoutesOptions = {}): KubeRoutes {
  const store = options.store ?? new KubeStore(options);
  const pages: OpenPages = new Map();
  const { bookmarkIntervalMs = 60_000, users } = options;
  return {
    store,
    close: () => store.cutWatches(),
    async handle(request, response, body) {
      const url = new URL(`http://kube${request.url?.startsWith('/') ? request.url : '/'}`);
      if (!/^\/(api|apis|version|openapi|healthz|livez|readyz)(\/|$)/.test(url.pathname)) {
        return false;
      }
      const call = { request, response, body, url, store, pages, bookmarkIntervalMs };
      try {
        await answer(call, users);
      } catch (failure) {
        sendFailure(response, failure);
      }
      return true;
    },
  };
}

async function answer(call: Call, users: KubeRoutesOptions['users']): Promise<void> {
  const { store, url, request } = call;
  if (weather(call)) {
    return;
  }
  if (store.faults.throttleNext > 0) {
    store.faults.throttleNext -= 1;
    throw new KubeFailure(429, 'TooManyRequests', 'Too many requests; try again.', { retryAfterSeconds: 1 });
  }
  const user = checkUser(request, users);
  if (/^\/(healthz|livez|readyz)/.test(url.pathname)) {
    call.response.end('ok');
    return;
  }
  const path = parseKubePath(url.pathname);
  if (path === undefined) {
    sendDiscovery(call);
    return;
  }
  if (path.plural === 'selfsubjectaccessreviews' && request.method === 'POST') {
    send(call, 201, reviewAccess(store, user, parseBody(call)));
    return;
  }
  const kind = store
    .kinds()
    .find(
      (each) => each.plural === path.plural && each.group === path.group && each.version === path.version,
    );
  const aboveNamespaced = kind?.namespaced === true && path.namespace === '' && path.name !== '';
  if (kind === undefined || (!kind.namespaced && path.namespace !== '') || aboveNamespaced) {
    sendUnknownPath(call);
    return;
  }
  await answerResource(call, user, kind, path);
}

/** The store's fault of the hour. @returns true when it has dealt with the request */
function weather({ store, response, request }: Call): boolean {
  switch (store.faults.away) {
    case 'reset':
      request.socket.resetAndDestroy();
      return true;
    case 'hang':
      return true;
    case '503':
      throw new KubeFailure(503, 'ServiceUnavailable', 'The API server is starting.');
    case '500':
      throw new KubeFailure(500, 'InternalError', 'The API server cannot reach its store.');
    case 'html':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>');
      return true;
    case 'truncated':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '400' });
      response.write('{"kind":"Li', () => response.destroy());
      return true;
    default:
      return false;
  }
}

function checkUser(request: IncomingMessage, users: KubeRoutesOptions['users']): KubeUser {
  if (users === undefined) {
    return { name: 'admin' };
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const user = Object.hasOwn(users, token) ? users[token] : undefined;
  if (user === undefined) {
    throw new KubeFailure(401, 'Unauthorized', 'Unauthorized');
  }
  return user;
}

function sendDiscovery(call: Call): void {
  const found = discoveryAnswer(call.url.pathname.replace(/\/$/, ''), call.store.kinds());
  if (found === undefined) {
    sendUnknownPath(call);
    return;
  }
  send(call, 200, found);
}

/** A real server answers paths it does not know, those of a missing CRD too, in plain text. */
function sendUnknownPath({ response }: Call): void {
  response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('404 page not found\n');
}

async function answerResource(call: Call, user: KubeUser, kind: KubeKind, path: KubePath): Promise<void> {
  const { store, request, url } = call;
  const verb = verbOf(request.method ?? 'GET', path, url.searchParams);
  const resource = path.subresource === '' ? path.plural : `${path.plural}/${path.subresource}`;
  const namespace = kind.namespaced ? path.namespace : '';
  store.record({
    verb,
    resource,
    namespace,
    name: path.name,
    query: url.search.slice(1),
    userAgent: request.headers['user-agent'] ?? '',
  });
  checkAccess(store, user, { verb, resource, group: path.group, namespace, name: path.name });
  if (path.subresource !== '' && !(path.subresource === 'status' && kind.statusSubresource)) {
    throw notFound(kind, path.name);
  }
  const subresource = path.subresource === 'status' ? 'status' : '';
  const target: WriteTarget = { kind, namespace, name: path.name, subresource };
  if (verb === 'list' && store.faults.slowListsMs > 0) {
    await delay(store.faults.slowListsMs);
  }
  perform(call, verb, target);
}

function verbOf(method: string, path: KubePath, query: URLSearchParams): string {
  const collection = path.name === '';
  switch (method) {
    case 'GET':
      return collection ? (['true', '1'].includes(query.get('watch') ?? '') ? 'watch' : 'list') : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete';
    default:
      throw methodNotAllowed();
  }
}

function perform(call: Call, verb: string, target: WriteTarget): void {
  const { store, url, pages, bookmarkIntervalMs, response } = call;
  const { kind, namespace, name } = target;
  const query = url.searchParams;
  switch (verb) {
    case 'list':
      send(call, 200, listObjects(store, kind, { namespace, query, pages }));
      return;
    case 'watch':
      streamWatch(store, { kind, namespace, query, bookmarkIntervalMs }, response);
      return;
    case 'get': {
      const found = store.find(kind, namespace, name);
      if (found === undefined) {
        throw notFound(kind, name);
      }
      send(call, 200, found);
      return;
    }
    case 'delete':
    case 'deletecollection':
      send(call, 200, remove(call, target));
      return;
    default:
      write(call, verb, target);
  }
}

function write(call: Call, verb: string, target: WriteTarget): void {
  const { store } = call;
  const body = parseBody(call);
  const options = writeOptions(call);
  const collection = target.name === '';
  if (collection !== (verb === 'create')) {
    throw methodNotAllowed();
  }
  if (verb === 'create') {
    send(call, 201, createObject(store, target, body as KubeObject, options));
  } else if (verb === 'update') {
    send(call, 200, updateObject(store, target, withMeta(body), options));
  } else {
    patch(call, target, body, options);
  }
}

function patch(call: Call, target: WriteTarget, body: RequestBody, options: WriteOptions): void {
  const type = (call.request.headers['content-type'] ?? '').split(';')[0]?.trim();
  if (type === 'application/apply-patch+yaml') {
    if (options.manager === '') {
      throw badRequest('fieldManager is required for apply patch.');
    }
    const { object, created } = applyToStore(call.store, target, withMeta(body), options);
    send(call, created ? 201 : 200, object);
  } else if (type === 'application/merge-patch+json') {
    send(call, 200, mergePatchObject(call.store, target, body, { ...options, manager: managerOf(call) }));
  } else {
    const message = `The emulator takes merge patches and server-side apply, not ${type}.`;
    throw new KubeFailure(415, 'UnsupportedMediaType', message);
  }
}

function writeOptions(call: Call): WriteOptions {
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

function remove(call: Call, target: WriteTarget): object {
  const { store, url } = call;
  const body = call.body.length === 0 ? {} : parseBody(call);
  const dryRun =
    url.searchParams.get('dryRun') === 'All' || (Array.isArray(body.dryRun) && body.dryRun.includes('All'));
  if (target.name !== '') {
    const deleted = deleteObject(store, target, {
      dryRun,
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
    deleteObject(store, { ...target, namespace: metadata.namespace ?? '', name: metadata.name }, { dryRun });
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };
}

interface RequestBody {
  readonly metadata?: unknown;
  readonly dryRun?: unknown;
  readonly preconditions?: unknown;
  readonly [field: string]: unknown;
}

function parseBody({ body, request }: Call): RequestBody {
  if (request.headers['content-type']?.includes('protobuf')) {
    throw new KubeFailure(415, 'UnsupportedMediaType', 'The emulator reads JSON, not protobuf.');
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('The body cannot be read as JSON; the emulator reads no YAML.');
  }
  if (!isMap(parsed)) {
    throw badRequest('The body must be a JSON object.');
  }
  return parsed;
}

function withMeta(body: RequestBody): KubeObject {
  return { metadata: {}, ...body } as unknown as KubeObject;
}

function send({ response }: Call, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function sendFailure(response: ServerResponse, failure: unknown): void {
  if (!(failure instanceof KubeFailure)) {
    throw failure;
  }
  const retry = failure.details.retryAfterSeconds;
  const headers = retry === undefined ? {} : { 'retry-after': String(retry) };
  response.writeHead(failure.code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(failure.body()));
}
