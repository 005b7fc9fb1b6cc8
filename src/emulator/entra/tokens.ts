import { randomBytes } from 'node:crypto';

/**
 * Tokens that ARM accepts. Shaped as JWTs, so that a client can read `tid` and `oid`; the signature is
 * random.
 */
export interface TokenBook {
  /** @param proof by a secret that the emulator gave out, or by an assertion, which somebody else signed */
  issue(claims: Readonly<Record<string, string | number>>, proof: 'secret' | 'assertion'): string;
  knows(token: string): boolean;
  /** Takes a token that a managed identity got, from the metadata service or from Entra. @param objectId of the identity */
  admit(token: string, objectId: string): void;
  /** Object id of the identity whose token it is; undefined: it is no such token. */
  identityOf(token: string): string | undefined;
  /** Got by a secret that the emulator gave out. */
  isProven(token: string): boolean;
  /** Whatever secret the emulator ever handed out, for tests that look for leaks. */
  readonly givenOut: ReadonlySet<string>;
  giveOut(secret: string): void;
}

export function createTokenBook(): TokenBook {
  const issued = new Map<string, 'secret' | 'assertion'>();
  const givenOut = new Set<string>();
  const ofPods = new Map<string, string>();
  return {
    issue(claims, proof) {
      const parts = [{ typ: 'JWT', alg: 'RS256', kid: 'emulator' }, claims].map((part) =>
        Buffer.from(JSON.stringify(part)).toString('base64url'),
      );
      const token = `${parts.join('.')}.${randomBytes(32).toString('base64url')}`;
      issued.set(token, proof);
      givenOut.add(token);
      return token;
    },
    admit: (token, objectId) => void ofPods.set(token, objectId),
    identityOf: (token) => ofPods.get(token),
    knows: (token) => issued.has(token),
    isProven: (token) => issued.get(token) === 'secret',
    givenOut,
    giveOut: (secret) => void givenOut.add(secret),
  };
}

/** Claims of an access token, valid for a day. Times are seconds since the epoch. */
export function claimsFor(options: {
  readonly audience: string;
  readonly issuer: string;
  readonly tenantId: string;
  readonly objectId: string;
  readonly appId: string;
  readonly nowMs: number;
}): Record<string, string | number> {
  const nowSec = Math.floor(options.nowMs / 1000);
  return {
    aud: options.audience,
    iss: options.issuer,
    iat: nowSec,
    nbf: nowSec,
    exp: nowSec + 86_400,
    tid: options.tenantId,
    oid: options.objectId,
    sub: options.objectId,
    appid: options.appId,
    idtyp: 'app',
  };
}
