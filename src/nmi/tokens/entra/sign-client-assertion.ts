import { createHash, type KeyObject, randomUUID } from 'node:crypto';
import { badCertificate } from './bad-certificate.ts';
import type { SigningCertificate } from './certificate.ts';

export interface AssertionClaims {
  readonly clientId: string;
  /** The token endpoint. */
  readonly audience: string;
  readonly nowSec: number;
}

const lifetimeSec = 600;
/** Entra refuses assertions from the future; a node's clock may be ahead by seconds. */
const leewaySec = 60;

/**
 * The JWT by which a certificate proves a client (RFC 7523): PS256 for RSA, ES256/384/512 for EC, named by
 * `x5t#S256` and, for trust by subject and issuer, `x5c`.
 * @throws TokenRefused 403 for a key that cannot sign
 */
export async function signClientAssertion(
  { privateKey, chain }: SigningCertificate,
  { clientId, audience, nowSec }: AssertionClaims,
): Promise<string> {
  const { SignJWT } = await import('jose');
  const alg = algorithmFor(privateKey);
  return new SignJWT()
    .setProtectedHeader({
      alg,
      typ: 'JWT',
      'x5t#S256': createHash('sha256').update(chain[0].raw).digest('base64url'),
      x5c: chain.map((certificate) => certificate.raw.toString('base64')),
    })
    .setIssuer(clientId)
    .setSubject(clientId)
    .setAudience(audience)
    .setJti(randomUUID())
    .setNotBefore(nowSec - leewaySec)
    .setIssuedAt(nowSec - leewaySec)
    .setExpirationTime(nowSec + lifetimeSec)
    .sign(privateKey)
    .catch(() => {
      throw badCertificate('has a key that cannot sign; RSA keys need 2048 bits');
    });
}

function algorithmFor(privateKey: KeyObject): string {
  const curve = privateKey.asymmetricKeyDetails?.namedCurve ?? '';
  const algorithm = privateKey.asymmetricKeyType === 'rsa' ? 'PS256' : ecAlgorithms.get(curve);
  if (algorithm === undefined) {
    throw badCertificate('has a key that is neither RSA nor EC on P-256, P-384 or P-521');
  }
  return algorithm;
}

const ecAlgorithms: ReadonlyMap<string, string> = new Map([
  ['prime256v1', 'ES256'],
  ['secp384r1', 'ES384'],
  ['secp521r1', 'ES512'],
]);
