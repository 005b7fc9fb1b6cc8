import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { badCertificate } from './bad-certificate.ts';
import { judgePemCost, judgePkcs12Cost, judgeSize, mostKeyBits, pemBlocks } from './credential-cost.ts';
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
  judgeCertificate(bytes);
  const { keys, certificates } = isPem(bytes)
    ? readPem(bytes, password)
    : await readPkcs12(decodeBase64(bytes), password);
  for (const privateKey of keys) {
    judgeKey(privateKey);
    const leaf = certificates.find((certificate) => certificate.checkPrivateKey(privateKey));
    if (leaf) {
      return { privateKey, chain: chainOf(leaf, certificates) };
    }
  }
  throw badCertificate(
    keys.length === 0 ? 'holds no private key' : 'holds no certificate that belongs to its private key',
  );
}

/**
 * Refuses what would cost more than a certificate may, unopened.
 * @throws TokenRefused 403 that names the value, the rule and what to do
 */
export function judgeCertificate(bytes: Uint8Array): void {
  judgeSize(bytes);
  isPem(bytes) ? judgePemCost(bytes) : judgePkcs12Cost(decodeBase64(bytes));
}

function isPem(bytes: Uint8Array): boolean {
  return Buffer.from(bytes).includes('-----BEGIN ');
}

function decodeBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  return /^[\sA-Za-z0-9+/]+={0,2}\s*$/.test(text) ? Buffer.from(text, 'base64') : bytes;
}

function readPem(bytes: Uint8Array, password: string) {
  try {
    const blocks = [...pemBlocks(bytes)];
    return {
      keys: blocks
        .filter(({ label }) => label.endsWith('PRIVATE KEY'))
        .map(({ text }) => createPrivateKey({ key: text, passphrase: password })),
      certificates: blocks
        .filter(({ label }) => label === 'CERTIFICATE')
        .map(({ text }) => new X509Certificate(text)),
    };
  } catch {
    throw badCertificate('cannot be read as PEM, or its password is wrong');
  }
}

function judgeKey({ asymmetricKeyDetails }: KeyObject): void {
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits > mostKeyBits) {
    throw badCertificate(`has a key of ${bits} bits, and at most ${mostKeyBits} sign`);
  }
}

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
