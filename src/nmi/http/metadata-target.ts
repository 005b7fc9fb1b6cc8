import { versionsPath } from '../tokens/imds/metadata-budget.ts';
import { type CanonicalTarget, decodeQuery } from './canonical-path.ts';

/**
 * Path and query to ask IMDS by, built anew from what was understood: no byte of the client's is passed on
 * unread. Undefined when a value of the query is not one that IMDS knows.
 */
export function metadataTarget({ segments, query }: CanonicalTarget): string | undefined {
  const values = decodeQuery(query);
  if (values === undefined) {
    return undefined;
  }
  const path = `/${segments.join('/')}`;
  const pairs: string[] = [];
  for (const [name, allowed] of Object.entries(forwarded)) {
    const value = values.get(name);
    if (value !== undefined) {
      if (!allowed.test(value)) {
        return undefined;
      }
      pairs.push(`${name}=${value}`);
    }
  }
  // IMDS reads no query there: without one, all who ask share one answer.
  return path === versionsPath || pairs.length === 0 ? path : `${path}?${pairs.join('&')}`;
}

const forwarded = {
  'api-version': /^[\w.-]{1,32}$/,
  format: /^[a-z]{1,16}$/i,
  nonce: /^\d{1,32}$/,
} as const;
