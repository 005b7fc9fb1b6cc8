import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { type Json, objectAt, textAt } from '../exact-json.ts';

/** An RSA key for RS256, as a JWK (RFC 7517). One without `d` is another's, whose tokens can only be checked. */
export interface SigningKey {
  readonly kid: string;
  readonly kty: 'RSA';
  readonly alg: 'RS256';
  readonly use: 'sig';
  readonly n: string;
  readonly e: string;
  readonly d?: string;
  readonly p?: string;
  readonly q?: string;
  readonly dp?: string;
  readonly dq?: string;
  readonly qi?: string;
  /** Emulator time at which a key that was rotated away is published no longer. */
  readonly untilMs?: number;
}

/** 2048 bits; its id as an API server makes it: the digest of the public key in DER. */
export function newSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const kid = createHash('sha256').update(der).digest('base64url');
  const jwk = privateKey.export({ format: 'jwk' });
  return { ...jwk, kid, alg: 'RS256', use: 'sig' } as SigningKey;
}

/** @throws TypeError for what is not an RSA key with an id, as a JWK */
export function readSigningKey(value: Json): SigningKey {
  const parts = ['kid', 'n', 'e'].map((name) => textAt(value, name));
  if (textAt(value, 'kty') !== 'RSA' || parts.some((part) => !part)) {
    throw new TypeError('A key of an issuer is an RSA key as a JWK, with kty, kid, n and e.');
  }
  return { ...objectAt(value), alg: 'RS256', use: 'sig' } as unknown as SigningKey;
}

export function publicPart({ use, kty, kid, alg, n, e }: SigningKey): Record<string, string> {
  return { use, kty, kid, alg, n, e };
}

/** A JWT with the header that an API server writes: `alg` and `kid`. */
export function signJwt(key: SigningKey, claims: object): string {
  const text = [{ alg: key.alg, kid: key.kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  const privateKey = createPrivateKey({ key: { ...key }, format: 'jwk' });
  return `${text}.${sign('sha256', Buffer.from(text), privateKey).toString('base64url')}`;
}

export function isSignedBy(key: SigningKey, jwt: string): boolean {
  const end = jwt.lastIndexOf('.');
  const publicKey = createPublicKey({ key: publicPart(key), format: 'jwk' });
  const signature = Buffer.from(jwt.slice(end + 1), 'base64url');
  return verify('sha256', Buffer.from(jwt.slice(0, end)), publicKey, signature);
}
