import { advice } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { isRecord, stringAt } from '../../validate/json-record.ts';
import type { KubeRest, RestReply, RestRequest } from './kube-rest.ts';
import type { KubeFailure } from './map-kube-error.ts';

export type ListReply =
  | { readonly items: readonly unknown[]; readonly failure?: undefined }
  | { readonly items?: undefined; readonly failure: KubeFailure };

const pageSize = 500;
/** An object has 1.5 MB at most, so that a page of one is never too large. */
const smaller = 8;
/** A server that ends a list so often will not see its end. */
const maxLists = 3;

/**
 * A collection, page by page. A list that grew too old between two pages cannot be continued by anybody, and
 * is read from its start again. A refusal is a value.
 *
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
export async function listPages(
  rest: KubeRest,
  collection: Pick<RestRequest, 'path' | 'query'>,
  signal: AbortSignal,
): Promise<ListReply> {
  for (let list = 0; list < maxLists; list += 1) {
    const reply = await listOnce(rest, collection, signal);
    if (reply !== 'expired') {
      return reply;
    }
  }
  throw new PodidError(
    'ClusterUnreachable',
    `The cluster's API keeps expiring its lists before podid has read them (list ${collection.path}).`,
    { hint: advice`Run the same command again.` },
  );
}

async function listOnce(
  rest: KubeRest,
  { path, query }: Pick<RestRequest, 'path' | 'query'>,
  signal: AbortSignal,
): Promise<ListReply | 'expired'> {
  const items: unknown[] = [];
  let next = '';
  let limit = pageSize;
  for (;;) {
    const more = next === '' ? {} : { continue: next };
    const read = { method: 'GET', path, query: { ...query, limit: `${limit}`, ...more } } as const;
    const reply = await rest(read, signal).catch(unlessTooLarge(limit));
    if (reply === undefined) {
      limit = Math.max(1, Math.floor(limit / smaller));
      continue;
    }
    if (reply.failure !== undefined) {
      return reply.failure.httpStatus === 410 && next !== '' ? 'expired' : { failure: reply.failure };
    }
    const page = isRecord(reply.body) ? reply.body : {};
    for (const item of Array.isArray(page['items']) ? page['items'] : []) {
      items.push(item);
    }
    next = continueOf(reply);
    if (next === '') {
      return { items };
    }
  }
}

/** Objects may be large: the same page is asked for again in smaller ones. */
function unlessTooLarge(limit: number): (error: unknown) => undefined {
  return (error) => {
    const isTooLarge = isPodidError(error) && error.details.some(({ code }) => code === 'EMSGSIZE');
    if (!isTooLarge || limit === 1) {
      throw error;
    }
  };
}

function continueOf({ body }: RestReply): string {
  const metadata = isRecord(body) ? body['metadata'] : undefined;
  return (isRecord(metadata) && stringAt(metadata, 'continue')) || '';
}
