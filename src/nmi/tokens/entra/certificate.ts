import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { badCertificate } from './bad-certificate.ts';
import { readPkcs12 } from './read-pkcs12.ts';

export interface SigningCertificate {
  readonly privateKey: KeyObject;
  /** The certificate of the key first, then its issuers as far as they are given. */
  readonly chain: readonly [X509Certificate, ...X509Certificate[]];
}

/**
 * Reads a key and its certificates from PKCS#12 (old and new ciphers, also in base64 as Key Vault gives it)
 * or PEM.
 * @throws TokenRefused 403 that says what is wrong, and never shows bytes of it
 */
export async function loadCertificate(bytes: Uint8Array, password: string): Promise<SigningCertificate> {
  const { keys, certificates } = isPem(bytes)
    ? readPem(bytes, password)
    : await readPkcs12(decodeBase64(bytes), password);
  for (const privateKey of keys) {
    const leaf = certificates.find((certificate) => certificate.checkPrivateKey(privateKey));
    if (leaf) {
      return { privateKey, chain: chainOf(leaf, certificates) };
    }
  }
  throw badCertificate(
    keys.length === 0 ? 'holds no private key' : 'holds no certificate that belongs to its private key',
  );
}

function isPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes('-----BEGIN ');
}

function decodeBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[\sA-Za-z0-9+/]+={0,2}\s*$/.test(text) ? Buffer.from(text, 'base64') : bytes;
}

function readPem(bytes: Uint8Array, password: string) {
  const blocks = Buffer.from(bytes).toString('utf8').match(pemBlock) ?? [];
  const isKey = (block: string) => /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(block);
  try {
    return {
      keys: blocks.filter(isKey).map((key) => createPrivateKey({ key, passphrase: password })),
      certificates: blocks
        .filter((block) => block.startsWith('-----BEGIN CERTIFICATE-----'))
        .map((block) => new X509Certificate(block)),
    };
  } catch {
    throw badCertificate('cannot be read as PEM, or its password is wrong');
  }
}

const pemBlock = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;
const longestChain = 10;

function chainOf(leaf: X509Certificate, all: readonly X509Certificate[]): SigningCertificate['chain'] {
  const chain: [X509Certificate, ...X509Certificate[]] = [leaf];
  for (let last = leaf; chain.length < longestChain; ) {
    const issuer = all.find((candidate) => !chain.includes(candidate) && last.checkIssued(candidate));
    if (!issuer) {
      break;
    }
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}
