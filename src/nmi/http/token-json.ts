import type { AccessToken, TokenAnswer } from '../tokens/token.ts';
import { asciiJson } from './answer.ts';

export interface TokenJson {
  /** IMDS's answer: an object, or, for a service principal with auxiliary tenants, an array of them. */
  forPod(answer: TokenAnswer, nowMs: number): string;
  /** The Key Vault driver's: the first token and the client id it belongs to. */
  forHost(answer: TokenAnswer, nowMs: number): string;
}

interface Pieces {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** Everything but the seconds that are left is written once a token. */
export function createTokenJson(): TokenJson {
  const written = new WeakMap<AccessToken, Pieces>();
  const render = (token: AccessToken, nowMs: number) => {
    let pieces = written.get(token);
    if (pieces === undefined) {
      pieces = write(token);
      written.set(token, pieces);
    }
    const leftSec = Math.max(0, Math.floor(token.expiresOnSec - nowMs / 1000));
    return `${pieces.before}${leftSec}${pieces.between}${leftSec}${pieces.after}`;
  };
  return {
    forPod(answer, nowMs) {
      return answer.length === 1
        ? render(answer[0], nowMs)
        : `[${answer.map((token) => render(token, nowMs)).join(',')}]`;
    },
    forHost([first], nowMs) {
      return `{"token":${render(first, nowMs)},"clientid":${asciiJson(first.clientId)}}`;
    },
  };
}

/** Numbers are decimal strings, and none is ever empty: Go's clients read them as numbers. */
function write(token: AccessToken): Pieces {
  const { accessToken, clientId, expiresOnSec, notBeforeSec, resource, tokenType } = token;
  const tail = { not_before: String(notBeforeSec), resource, token_type: tokenType };
  return {
    before: `{"access_token":${asciiJson(accessToken)},"client_id":${asciiJson(clientId)},"expires_in":"`,
    between: `","expires_on":"${expiresOnSec}","ext_expires_in":"`,
    after: `",${asciiJson(tail).slice(1)}`,
  };
}
