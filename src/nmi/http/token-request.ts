import type { AsksAnew } from '../tokens/token.ts';
import { decodeQuery, longestQuery } from './canonical-path.ts';
import { badRequest, type ErrorAnswer } from './error-answer.ts';
import { explainQuery } from './explain-query.ts';

/** What the caller of a token endpoint asks for. Ids are lower case, to be compared without case. */
export interface TokenRequest {
  readonly kind: 'request';
  /** As given: `https://vault.azure.net`. */
  readonly resource: string;
  readonly clientId?: string;
  readonly resourceId?: string;
  readonly objectId?: string;
  readonly asksAnew?: AsksAnew;
}

/**
 * Reads the query of a token request by IMDS's rules: one value per parameter, `resource` required. Unknown
 * parameters are let be.
 */
export function parseTokenRequest(query: string): TokenRequest | ErrorAnswer {
  const values = decodeQuery(query);
  if (values === undefined) {
    return badRequest('bad-query', explainQuery(query, longestQuery));
  }
  const resource = values.get('resource') ?? '';
  if (resource === '') {
    return badRequest('no-resource', "Required query variable 'resource' is missing.");
  }
  if (resource.length > longestResource) {
    return badRequest('bad-query', `Query variable 'resource' is longer than ${longestResource} characters.`);
  }
  const resourceIds = [values.get('msi_res_id'), values.get('mi_res_id')].map(
    (id) => id?.toLowerCase() ?? '',
  );
  const [first, second] = resourceIds.filter((id) => id !== '');
  if (second !== undefined && second !== first) {
    return badRequest('bad-query', 'msi_res_id and mi_res_id name two identities.');
  }
  const clientId = values.get('client_id')?.toLowerCase();
  // Of App Service, whose clients know no other.
  const objectId = (values.get('object_id') || values.get('principal_id'))?.toLowerCase();
  return {
    kind: 'request',
    resource,
    ...(clientId ? { clientId } : {}),
    ...(first === undefined ? {} : { resourceId: first }),
    ...(objectId ? { objectId } : {}),
    ...asksAnewOf(values),
  };
}

/** `bypass_cache` is IMDS's own; by the other one MSAL names a token that Entra has revoked. */
function asksAnewOf(values: ReadonlyMap<string, string>): Pick<TokenRequest, 'asksAnew'> {
  const tokenSha256 = values.get('token_sha256_to_refresh')?.toLowerCase() ?? '';
  if (/^[0-9a-f]{64}$/.test(tokenSha256)) {
    return { asksAnew: { tokenSha256 } };
  }
  return values.get('bypass_cache')?.toLowerCase() === 'true' ? { asksAnew: {} } : {};
}

const longestResource = 2048;

const mostRemembered = 500;
const longestRemembered = 1_000;

/** Reads queries, and remembers those in use: a client sends the same one for days. */
export function createTokenRequestReader(): (query: string) => TokenRequest | ErrorAnswer {
  const remembered = new Map<string, TokenRequest>();
  return (query) => {
    const known = remembered.get(query);
    if (known !== undefined) {
      return known;
    }
    const request = parseTokenRequest(query);
    if (request.kind === 'request' && query.length <= longestRemembered) {
      if (remembered.size >= mostRemembered) {
        remembered.clear();
      }
      remembered.set(query, request);
    }
    return request;
  };
}
