import { createHash } from 'node:crypto';
import type { ServicePrincipal } from '../../../domain/kubernetes/identity-credential.ts';
import { TokenRefused } from '../token-error.ts';

/**
 * What a Secret holds for a service principal. `fingerprint` differs for two contents and reveals neither.
 */
export type PickedCredential =
  | { readonly kind: 'secret'; readonly value: string; readonly fingerprint: string }
  | {
      readonly kind: 'certificate';
      /** PKCS#12, or PEM with key and certificates. */
      readonly certificate: Uint8Array;
      readonly password: string;
      readonly fingerprint: string;
    };

/**
 * Type 1: the value of `clientSecret` (in any spelling of case, `-` and `_`), else of the first key by name
 * that has a value. Type 2: `certificate` and `password`, else `tls.crt` and `tls.key`.
 * @throws TokenRefused 403 when the Secret is missing or holds nothing of the kind
 */
export function pickCredential(
  { kind, secret }: ServicePrincipal,
  data: Readonly<Record<string, Uint8Array>> | undefined,
): PickedCredential {
  const place = `Secret ${secret.namespace}/${secret.name}`;
  if (!data) {
    throw unusable(`${place} does not exist.`);
  }
  if (kind === 'certificate') {
    return pickCertificate(data, place);
  }
  const value = textOf(Object.entries(data).sort(byPreference).find(hasValue)?.[1]);
  if (value === '') {
    throw unusable(`${place} holds no client secret.`);
  }
  return { kind: 'secret', value, fingerprint: fingerprintOf(value) };
}

type DataEntry = readonly [key: string, value: Uint8Array];

function byPreference([first]: DataEntry, [second]: DataEntry): number {
  return rank(first) - rank(second) || (first < second ? -1 : 1);
}

function rank(key: string): number {
  return key.toLowerCase().replace(/[-_.]/g, '') === 'clientsecret' ? 0 : 1;
}

function hasValue([, value]: DataEntry): boolean {
  return textOf(value) !== '';
}

function pickCertificate(data: Readonly<Record<string, Uint8Array>>, place: string): PickedCredential {
  const { certificate, 'tls.crt': tlsCertificate, 'tls.key': tlsKey } = data;
  const bytes = certificate?.length
    ? certificate
    : Buffer.concat(tlsCertificate && tlsKey ? [tlsKey, Buffer.from('\n'), tlsCertificate] : []);
  if (bytes.length === 0) {
    throw unusable(`${place} holds no key "certificate".`);
  }
  const { password: passwordBytes } = data;
  const password = textOf(passwordBytes);
  return { kind: 'certificate', certificate: bytes, password, fingerprint: fingerprintOf(bytes, password) };
}

/** Azure's secrets and PFX passwords end in no line break; files that people make Secrets from often do. */
function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? [])
    .toString('utf8')
    .replace(/[\r\n]+$/, '');
}

function fingerprintOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`).update(part);
  }
  return hash.digest('base64');
}

function unusable(description: string): TokenRefused {
  return new TokenRefused({ status: 403, error: 'invalid_client', description });
}
