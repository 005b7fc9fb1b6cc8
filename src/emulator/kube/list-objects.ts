import { randomUUID } from 'node:crypto';
import { badRequest, expired } from './kube-failure.ts';
import { apiVersionOf, type KubeKind } from './objects/kube-kinds.ts';
import type { KubeObject } from './objects/kube-object.ts';
import type { KubeStore } from './objects/kube-store.ts';
import { selectObjects } from './objects/selectors.ts';

/** The rest of a list that was cut by `limit`, at the version at which it began. */
export interface OpenPage {
  readonly version: number;
  readonly rest: readonly KubeObject[];
}

/** Pages by their `continue` token. */
export type OpenPages = Map<string, OpenPage>;

const openPageLimit = 200;

export interface ListedObjects {
  readonly metadata: object;
  readonly items: readonly KubeObject[];
}

/**
 * A list, whole or a page of it.
 * @throws KubeFailure 400 on a bad selector or limit, 410 on a token that is no longer known
 */
export function listObjects(
  store: KubeStore,
  kind: KubeKind,
  scope: { readonly namespace: string; readonly query: URLSearchParams; readonly pages: OpenPages },
): ListedObjects {
  const { namespace, query, pages } = scope;
  const token = query.get('continue') ?? '';
  const page = token === '' ? freshPage(store, kind, namespace, query) : pages.get(token);
  if (page === undefined || (token !== '' && page.version < store.oldestVersion)) {
    throw expired();
  }
  const limit = Number(query.get('limit') ?? '0');
  if (!Number.isInteger(limit) || limit < 0) {
    throw badRequest('limit must be a whole number.');
  }
  const items = limit === 0 ? page.rest : page.rest.slice(0, limit);
  const rest = page.rest.slice(items.length);
  const more = rest.length > 0 ? keepPage(pages, { version: page.version, rest }) : {};
  return { metadata: { resourceVersion: String(page.version), ...more }, items };
}

export function listDocument(kind: KubeKind, { metadata, items }: ListedObjects): object {
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items };
}

function freshPage(store: KubeStore, kind: KubeKind, namespace: string, query: URLSearchParams): OpenPage {
  const select = selectObjects(query.get('labelSelector') ?? '', query.get('fieldSelector') ?? '');
  const inScope = (object: KubeObject) => namespace === '' || object.metadata.namespace === namespace;
  return {
    version: store.version,
    rest: store.all(kind).filter((object) => inScope(object) && select(object)),
  };
}

function keepPage(pages: OpenPages, page: OpenPage): { continue: string; remainingItemCount: number } {
  const token = randomUUID();
  pages.set(token, page);
  const [oldest] = pages.keys();
  if (pages.size > openPageLimit && oldest !== undefined) {
    pages.delete(oldest);
  }
  return { continue: token, remainingItemCount: page.rest.length };
}
