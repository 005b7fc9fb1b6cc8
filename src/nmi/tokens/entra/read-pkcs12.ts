import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type forge from 'node-forge';
import { badCertificate } from './bad-certificate.ts';

export interface KeysAndCertificates {
  readonly keys: readonly KeyObject[];
  readonly certificates: readonly X509Certificate[];
}

/** @throws TokenRefused 403 */
export async function readPkcs12(bytes: Uint8Array, password: string): Promise<KeysAndCertificates> {
  const { default: library } = await import('node-forge');
  try {
    const bags = openBags(library, Buffer.from(bytes).toString('latin1'), password);
    const { pkcs8ShroudedKeyBag, keyBag, certBag } = library.pki.oids;
    const keyBags = bags.filter(({ type }) => type === pkcs8ShroudedKeyBag || type === keyBag);
    return {
      keys: keyBags.map((bag) =>
        createPrivateKey({ key: keyDer(library, bag), format: 'der', type: 'pkcs8' }),
      ),
      certificates: bags
        .filter(({ type }) => type === certBag)
        .map((bag) => new X509Certificate(certificateDer(library, bag))),
    };
  } catch {
    // The library's messages may show what it read.
    throw badCertificate('cannot be read as PKCS#12 or PEM, or its password is wrong');
  }
}

type Forge = typeof forge;

function openBags(library: Forge, der: string, password: string): readonly forge.pkcs12.Bag[] {
  // Lenient: old exporters append padding or use BER lengths.
  const asn1 = library.asn1.fromDer(der, false);
  const open = (as: string) =>
    library.pkcs12.pkcs12FromAsn1(asn1, false, as).safeContents.flatMap((part) => part.safeBags);
  try {
    return open(password);
  } catch (error) {
    const inUtf8 = library.util.encodeUtf8(password);
    if (inUtf8 === password || !Array.isArray(asn1.value)) {
      throw error;
    }
    // Outside ASCII the digest takes the password as UTF-16 and the modern ciphers as UTF-8; the library
    // takes one form for both. Without the digest a wrong password still fails: the key does not decrypt, or
    // fits no certificate.
    asn1.value.length = 2;
    return open(inUtf8);
  }
}

/** The library understands RSA alone and leaves everything else as it found it: PKCS#8. */
function keyDer(library: Forge, bag: forge.pkcs12.Bag): Buffer {
  const info = bag.key ? library.pki.wrapRsaPrivateKey(library.pki.privateKeyToAsn1(bag.key)) : bag.asn1;
  return Buffer.from(library.asn1.toDer(info).getBytes(), 'latin1');
}

function certificateDer(library: Forge, bag: forge.pkcs12.Bag): Buffer {
  const certificate = bag.cert ? library.pki.certificateToAsn1(bag.cert) : bag.asn1;
  return Buffer.from(library.asn1.toDer(certificate).getBytes(), 'latin1');
}
