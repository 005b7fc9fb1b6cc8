import type { ServerResponse } from 'node:http';
import { expired, KubeFailure } from './kube-failure.ts';
import { apiVersionOf, type KubeKind, kindKey } from './objects/kube-kinds.ts';
import type { KubeObject } from './objects/kube-object.ts';
import type { KubeStore, StoreEvent } from './objects/kube-store.ts';
import { selectObjects } from './objects/selectors.ts';

export interface WatchRequest {
  readonly kind: KubeKind;
  /** Empty for all namespaces. */
  readonly namespace: string;
  readonly query: URLSearchParams;
  readonly bookmarkIntervalMs: number;
  /** What the watch has in place of an object. */
  readonly shown: (object: KubeObject) => object;
}

type WatchLine = { readonly type: string; readonly object: object };
type WatchEvent = { readonly type: string; readonly object: KubeObject };

/**
 * Answers a watch and keeps it open until it times out, is cut, or the client leaves. From version 0 or none
 * it begins with what is there; from an older version than is kept it says 410 in an ERROR event, as a real
 * server does. With `sendInitialEvents` what is there is closed by a bookmark, which clients of Kubernetes 1.35 and
 * later wait for in place of a list.
 * @throws KubeFailure 400 on a bad selector, 422 on options that do not go together
 */
export function streamWatch(store: KubeStore, request: WatchRequest, response: ServerResponse): void {
  const { kind, namespace, query } = request;
  const select = selectObjects(query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '');
  const sees = (object: KubeObject | undefined) =>
    object !== undefined && (namespace === '' || object.metadata.namespace === namespace) && select(object);
  const from = query.get('resourceVersion') ?? '';
  const initial = initialEvents(query);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  if (mustRelist(store, from)) {
    response.end(`${JSON.stringify({ type: 'ERROR', object: expired().body() })}\n`);
    return;
  }
  const line = lineWriter(store, response);
  const tell = ({ type, object }: WatchEvent) => line({ type, object: request.shown(object) });
  const show = (event: StoreEvent) => {
    const seen = viewOf(event, sees);
    if (seen !== undefined && event.key === kindKey(kind)) {
      tell(seen);
    }
  };
  if (initial ?? (from === '' || from === '0')) {
    for (const object of store.all(kind).filter(sees)) {
      tell({ type: 'ADDED', object });
    }
  } else if (from !== '' && from !== '0') {
    store.eventsSince(kindKey(kind), Number(from)).forEach(show);
  }
  if (initial === true && wantsBookmarks(query)) {
    line({ type: 'BOOKMARK', object: bookmarkOf(kind, store.version, endOfInitialEvents) });
  }
  keepOpen(store, request, response, { show, line });
}

/** What the last bookmark of `sendInitialEvents` carries (metav1.InitialEventsAnnotationKey). */
const endOfInitialEvents = { 'k8s.io/initial-events-end': 'true' };

/** @returns undefined where the watch does not say. @throws KubeFailure 422 as ValidateListOptions */
function initialEvents(query: URLSearchParams): boolean | undefined {
  const asked = query.get('sendInitialEvents');
  const match = query.get('resourceVersionMatch') ?? '';
  if (asked === null && match !== '') {
    throw optionsRefused(
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  if (asked !== null && match !== 'NotOlderThan') {
    throw optionsRefused(
      `resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
    );
  }
  return asked === null ? undefined : asked === 'true' || asked === '1';
}

function optionsRefused(why: string): KubeFailure {
  return new KubeFailure(422, 'Invalid', `ListOptions.meta.k8s.io "" is invalid: ${why}`);
}

function wantsBookmarks(query: URLSearchParams): boolean {
  return query.get('allowWatchBookmarks') === 'true' || query.get('allowWatchBookmarks') === '1';
}

function mustRelist(store: KubeStore, from: string): boolean {
  if (store.faults.goneOnNextWatches > 0) {
    store.faults.goneOnNextWatches -= 1;
    return true;
  }
  return from !== '' && from !== '0' && !(Number(from) >= store.oldestVersion);
}

/** An object that comes into the selector's view is ADDED for this watch, one that leaves it DELETED. */
function viewOf(
  event: StoreEvent,
  sees: (object: KubeObject | undefined) => boolean,
): WatchEvent | undefined {
  const before = sees(event.before);
  const after = event.type !== 'DELETED' && sees(event.object);
  if (!before && !after) {
    return undefined;
  }
  return { type: before ? (after ? 'MODIFIED' : 'DELETED') : 'ADDED', object: event.object };
}

/** Writes lines with what the faults of the moment make of them. */
function lineWriter(store: KubeStore, response: ServerResponse): (line: WatchLine) => void {
  let held: WatchLine | undefined;
  const write = (line: WatchLine) => {
    if (!response.writableEnded) {
      response.write(`${JSON.stringify(line)}\n`);
    }
  };
  const release = () => {
    if (held !== undefined) {
      const line = held;
      held = undefined;
      write(line);
    }
  };
  return (line) => {
    if (store.faults.hangWatches) {
      return;
    }
    if (store.faults.reorderEvents && held === undefined) {
      held = line;
      setTimeout(release, 20).unref();
      return;
    }
    write(line);
    if (store.faults.duplicateEvents) {
      write(line);
    }
    release();
  };
}

/** Beside the regular bookmarks a server sends one so long before the end of a watch (apiserver, cacheWatcher). */
const bookmarkBeforeEndSec = 2;

function keepOpen(
  store: KubeStore,
  request: WatchRequest,
  response: ServerResponse,
  stream: { readonly show: (event: StoreEvent) => void; readonly line: (line: WatchLine) => void },
): void {
  const { kind, query, bookmarkIntervalMs } = request;
  const unsubscribe = store.subscribe(stream.show);
  const end = () => {
    if (!store.faults.hangWatches) {
      response.end();
    }
  };
  const open = {
    resource: kind.plural,
    cut: () => response.destroy(),
    end,
    bookmark: () => {
      if (wantsBookmarks(query)) {
        stream.line({ type: 'BOOKMARK', object: bookmarkOf(kind, store.version) });
      }
    },
  };
  store.watches.add(open);
  const bookmarks = setInterval(open.bookmark, bookmarkIntervalMs);
  const seconds = Number(query.get('timeoutSeconds') ?? '0');
  const lastBookmark =
    seconds > bookmarkBeforeEndSec
      ? setTimeout(open.bookmark, (seconds - bookmarkBeforeEndSec) * 1000)
      : undefined;
  const timeout = seconds > 0 ? setTimeout(end, seconds * 1000) : undefined;
  response.once('close', () => {
    unsubscribe();
    store.watches.delete(open);
    clearInterval(bookmarks);
    clearTimeout(lastBookmark);
    clearTimeout(timeout);
  });
}

function bookmarkOf(kind: KubeKind, version: number, annotations?: object): object {
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: {
      resourceVersion: String(version),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    },
  };
}
