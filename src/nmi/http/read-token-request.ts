import type { ErrorAnswer } from './error-answer.ts';
import { parseTokenRequest, type TokenRequest } from './token-request.ts';

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
