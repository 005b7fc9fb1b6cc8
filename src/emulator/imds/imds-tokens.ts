import { createHash, randomUUID } from 'node:crypto';
import type { ImdsIdentity } from './imds-identity.ts';

export interface ImdsTokenOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly tenantId: () => string;
  /** Seconds, 86,400 in Azure. */
  readonly lifetimeSec: number;
  /** A token asked for again this many seconds after its issue is replaced by a new one: 3,600 in Azure. */
  readonly renewAfterSec: number;
}

/** IMDS's answer: all numbers are decimal strings. */
export interface ImdsToken {
  readonly access_token: string;
  readonly client_id: string;
  readonly expires_in: string;
  readonly expires_on: string;
  readonly ext_expires_in: string;
  readonly not_before: string;
  readonly resource: string;
  readonly token_type: 'Bearer';
}

/**
 * Tokens that look like Entra's; what they open is for whoever takes them to say. The same one comes back until it is due for renewal, as
 * from IMDS.
 */
export function createImdsTokens(
  options: ImdsTokenOptions,
): (identity: ImdsIdentity, resource: string) => ImdsToken {
  const { now, lifetimeSec, renewAfterSec } = options;
  const cache = new Map<string, { readonly text: string; readonly issuedSec: number }>();
  return (identity, resource) => {
    const nowSec = Math.floor(now() / 1000);
    const key = JSON.stringify([identity.clientId, resource]);
    const cached = cache.get(key);
    const fresh = cached !== undefined && nowSec - cached.issuedSec < Math.min(renewAfterSec, lifetimeSec);
    const token = fresh ? cached : { text: mintJwt(identity, resource, nowSec, options), issuedSec: nowSec };
    cache.set(key, token);
    const expiresOnSec = token.issuedSec + lifetimeSec;
    return {
      access_token: token.text,
      client_id: identity.clientId,
      expires_in: String(expiresOnSec - nowSec),
      expires_on: String(expiresOnSec),
      ext_expires_in: String(lifetimeSec),
      not_before: String(token.issuedSec - notBeforeLeewaySec),
      resource,
      token_type: 'Bearer',
    };
  };
}

/** Entra dates tokens back by five minutes. */
const notBeforeLeewaySec = 300;

function mintJwt(
  identity: ImdsIdentity,
  resource: string,
  nowSec: number,
  options: ImdsTokenOptions,
): string {
  const tenantId = options.tenantId();
  const issuer = `https://sts.windows.net/${tenantId}/`;
  const header = { typ: 'JWT', alg: 'RS256', kid: 'podid-emulator' };
  const claims = {
    aud: resource,
    iss: issuer,
    iat: nowSec,
    nbf: nowSec - notBeforeLeewaySec,
    exp: nowSec + options.lifetimeSec,
    appid: identity.clientId,
    appidacr: '2',
    idp: issuer,
    idtyp: 'app',
    oid: identity.objectId,
    sub: identity.objectId,
    tid: tenantId,
    uti: randomUUID(),
    ver: '1.0',
    xms_mirid: identity.resourceId,
  };
  const signed = `${encode(header)}.${encode(claims)}`;
  // As long as an RS256 signature, so that answers have their real size; no key is behind it.
  const signature = Buffer.concat(
    [0, 1, 2, 3].map((n) => createHash('sha512').update(`${n}${signed}`).digest()),
  );
  return `${signed}.${signature.toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
