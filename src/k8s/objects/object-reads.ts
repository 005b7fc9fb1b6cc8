import type { CustomObjectsApi } from '@kubernetes/client-node';
import { identityApi } from '../../domain/kubernetes/identity-resources.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import { isResourceMissing } from '../client/map-kube-error.ts';
import { attemptOf, bodyOf, managedObject, type ObjectCall, pathOf, plurals } from './object-call.ts';
import type { ObjectApi } from './object-port.ts';
import type { ObjectKind } from './render-objects.ts';

export function objectReads(api: CustomObjectsApi, call: ObjectCall): Pick<ObjectApi, 'get' | 'list'> {
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
    if (page === 'expired') {
      return 'expired';
    }
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
  call: ObjectCall,
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
