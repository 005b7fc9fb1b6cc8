import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { checkAccess, type KubeUser } from './access.ts';
import { discoveryAnswer } from './discovery.ts';
import { type Call, parseBody, send } from './kube-call.ts';
import { KubeFailure, methodNotAllowed, notFound } from './kube-failure.ts';
import { type KubePath, parseKubePath } from './kube-path.ts';
import { listDocument, listObjects, type OpenPages } from './list-objects.ts';
import { refuseWhatRuns } from './no-pods.ts';
import type { WriteTarget } from './objects/admit-object.ts';
import { answerDelete, answerWrite } from './objects/answer-write.ts';
import type { KubeKind } from './objects/kube-kinds.ts';
import type { KubeObject } from './objects/kube-object.ts';
import { KubeStore, type KubeStoreOptions } from './objects/kube-store.ts';
import { answerScale, isScalable } from './objects/scale.ts';
import { openApiAnswer } from './open-api.ts';
import type { TokenAsks } from './played/agent-record.ts';
import { answerForPod, parsePodVoice } from './played/pod-logs.ts';
import { reviewNamed } from './reviews.ts';
import { transientFailure } from './server-away.ts';
import { answerTokenRequest, ownSigner, type TokenSigner } from './service-account-tokens.ts';
import { tableOf, wantsTable } from './tables/table-answer.ts';
import { streamWatch } from './watch-stream.ts';

export interface KubeRoutesOptions extends KubeStoreOptions {
  /** The cluster to serve; a new one, made by the other options, when absent. */
  readonly store?: KubeStore;
  /** Who each bearer token is. When absent, no token is asked for and everyone is `admin`. */
  readonly users?: Readonly<Record<string, KubeUser>>;
  /** Who else a token may be, where `users` do not know it. */
  readonly userOf?: (token: string) => KubeUser | undefined;
  /** Signs the tokens of service accounts; when absent, a key of the server's own that nobody publishes. */
  readonly signer?: () => TokenSigner;
  /** What the agents of the nodes have seen; nothing when absent. */
  readonly asks?: () => TokenAsks;
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

/** The API server's paths, over `node:http` of whoever mounts them. */
export function createKubeRoutes(options: KubeRoutesOptions = {}): KubeRoutes {
  const store = options.store ?? new KubeStore(options);
  const pages: OpenPages = new Map();
  const { bookmarkIntervalMs = 60_000, signer = ownSigner() } = options;
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
        await answer(call, { ...options, signer });
      } catch (failure) {
        sendFailure(response, failure);
      }
      return true;
    },
  };
}

async function answer(
  call: Call,
  options: KubeRoutesOptions & { readonly signer: () => TokenSigner },
): Promise<void> {
  const { store, url, request } = call;
  if (transientFailure(call)) {
    return;
  }
  if (store.faults.throttleNext > 0) {
    store.faults.throttleNext -= 1;
    throw new KubeFailure(429, 'TooManyRequests', 'Too many requests; try again.', { retryAfterSeconds: 1 });
  }
  const user = checkUser(request, options);
  if (/^\/(healthz|livez|readyz)/.test(url.pathname)) {
    call.response.end('ok');
    return;
  }
  const voice = parsePodVoice(url.pathname);
  if (voice !== undefined) {
    answerForPod(call, user, voice, options.asks?.());
    return;
  }
  const path = parseKubePath(url.pathname);
  if (path === undefined) {
    sendDiscovery(call);
    return;
  }
  const review = request.method === 'POST' ? reviewNamed(path) : undefined;
  if (review !== undefined) {
    send(call, 201, review(store, user, parseBody(call)));
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
  await answerResource(call, user, kind, path, options.signer);
}

function checkUser(request: IncomingMessage, { users, userOf }: KubeRoutesOptions): KubeUser {
  if (users === undefined) {
    return { name: 'admin' };
  }
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const user = Object.hasOwn(users, token) ? users[token] : userOf?.(token);
  if (user === undefined) {
    throw new KubeFailure(401, 'Unauthorized', 'Unauthorized');
  }
  return user;
}

function sendDiscovery(call: Call): void {
  const path = call.url.pathname.replace(/\/$/, '');
  const found = discoveryAnswer(path, call.store.kinds()) ?? openApiAnswer(path, call.store.kinds());
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

async function answerResource(
  call: Call,
  user: KubeUser,
  kind: KubeKind,
  path: KubePath,
  signer: () => TokenSigner,
): Promise<void> {
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
  refuseWhatRuns(call, kind, path);
  const whole: WriteTarget = { kind, namespace, name: path.name, subresource: '', isStrict: false };
  if (path.subresource === 'scale' && isScalable(kind)) {
    answerScale(call, verb, whole);
    return;
  }
  if (kind.group === '' && resource === 'serviceaccounts/token') {
    answerTokenRequest(call, verb, whole, signer());
    return;
  }
  const subresource = subresourceOf(kind, path);
  const isStrict = url.searchParams.get('fieldValidation') === 'Strict';
  const target: WriteTarget = { kind, namespace, name: path.name, subresource, isStrict };
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
  const { store, url, pages, bookmarkIntervalMs, response, request } = call;
  const { kind, namespace, name } = target;
  const query = url.searchParams;
  const include = query.get('includeObject') ?? 'Metadata';
  const table = wantsTable(request) ? { kind, include, now: store.now() } : undefined;
  switch (verb) {
    case 'list': {
      const listed = listObjects(store, kind, { namespace, query, pages });
      send(call, 200, table ? tableOf(listed.items, table, listed.metadata) : listDocument(kind, listed));
      return;
    }
    case 'watch': {
      const shown = (object: KubeObject) => (table ? tableOf([object], table) : object);
      streamWatch(store, { kind, namespace, query, bookmarkIntervalMs, shown }, response);
      return;
    }
    case 'get': {
      const found = store.find(kind, namespace, name);
      if (found === undefined) {
        throw notFound(kind, name);
      }
      send(call, 200, table ? tableOf([found], table) : found);
      return;
    }
    case 'delete':
    case 'deletecollection':
      send(call, 200, answerDelete(call, target));
      return;
    default:
      answerWrite(call, verb, target);
  }
}

/** @throws KubeFailure 404 for one that the kind does not have */
function subresourceOf(kind: KubeKind, path: KubePath): '' | 'status' {
  const { subresource } = path;
  if (subresource === '' || (subresource === 'status' && kind.statusSubresource)) {
    return subresource;
  }
  throw notFound({ group: kind.group, plural: `${kind.plural}/${subresource}` }, path.name);
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
