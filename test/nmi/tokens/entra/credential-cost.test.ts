import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeCertificate, loadCertificate } from '../../../../src/nmi/tokens/entra/certificate.ts';
import { certificateFolder } from '../certificates-in-test.ts';
import {
  bag,
  encryptedKey,
  integer,
  oid,
  pbes2,
  pbkdf2,
  pkcs12,
  rounds,
  salt,
  scrypt,
  tlv,
} from '../der-in-test.ts';

const made = certificateFolder();
let pem: (...options: string[]) => string;

beforeAll(() => {
  made.issue('rsa', 'rsa');
  pem = (...options) => {
    const [key, out] = [made.path('rsa.key'), made.path('encrypted.key')];
    execFileSync('openssl', [...options, '-passout', 'pass:hunter2', '-in', key, '-out', out], {
      stdio: 'ignore',
    });
    return readFileSync(out, 'utf8');
  };
});
afterAll(() => made[Symbol.dispose]());

const longNumber = (bits: number) => tlv(0x02, Buffer.alloc(1), Buffer.alloc(bits / 8, 0xab));
const pemOf = (label: string, der: Uint8Array) =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;
/** The prime is put through its paces before the key is known to be of the wrong kind. */
const keyOfDsa = (bits: number) => {
  const numbers = tlv(0x30, longNumber(bits), longNumber(256), longNumber(bits));
  const algorithm = tlv(0x30, oid('2a8648ce380401'), numbers);
  return pemOf('PRIVATE KEY', tlv(0x30, integer(0), algorithm, tlv(0x04, integer(2n ** 200n))));
};
const keyOfRsa = (bits: number) =>
  pemOf('RSA PRIVATE KEY', tlv(0x30, integer(0), longNumber(bits), integer(65_537)));

/** What a tenant may write into a Secret, and what of it is told. */
const refused: readonly [string, () => string | Uint8Array, string][] = [
  ['PEM, 2³¹−1 rounds', () => encryptedKey(rounds(2 ** 31 - 1)), '2147483647 rounds'],
  [
    'PEM by openssl, 10 million rounds',
    () => encryptedKey(rounds(10_000_000)),
    'asks for 10000000 rounds of key derivation in all, and at most 1000000 are done; encrypt it again with fewer: openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in OLD.pem -out NEW.pem',
  ],
  ['PEM, rounds of 9 bytes', () => encryptedKey(pbes2(pbkdf2, integer(2n ** 64n))), 'rounds'],
  [
    'PEM, ten keys of 200,000 rounds',
    () => encryptedKey(rounds(200_000)).repeat(10),
    '2000000 rounds of key derivation in all',
  ],
  [
    'PEM, PBES1',
    () => encryptedKey(tlv(0x30, oid('2a864886f70d01050a'), tlv(0x30, salt, integer(5_000_000)))),
    '5000000 rounds',
  ],
  [
    'PEM, scrypt with N=2³⁰',
    () => encryptedKey(pbes2(scrypt, integer(2 ** 30), integer(8), integer(1))),
    '8589934592',
  ],
  [
    'PEM, scrypt with p=2²⁰',
    () => encryptedKey(pbes2(scrypt, integer(2 ** 14), integer(8), integer(2 ** 20))),
    'at most 262144',
  ],
  [
    'PEM, the salt in pieces and of indefinite length',
    () =>
      encryptedKey(
        tlv(
          0x30,
          oid('2a864886f70d01050a'),
          tlv(0x30, Buffer.from([0x24, 0x80]), salt, Buffer.from([0, 0]), integer(5_000_000)),
        ),
      ),
    '5000000 rounds',
  ],
  [
    'PKCS#12, ten bags of 100,000 rounds',
    () => pkcs12(Array.from({ length: 10 }, () => bag(rounds(100_000)))),
    'asks for 1000001 rounds of key derivation in all, and at most 400000 are done; encrypt it again with fewer: openssl pkcs12 -export -iter 2048 -in CERTIFICATE.pem -out NEW.pfx',
  ],
  ['PKCS#12, the digest alone', () => pkcs12([bag(rounds(2_048))], 2 ** 31 - 1), '2147485695 rounds'],
  ['PKCS#12 in base64', () => pkcs12([bag(rounds(10_000_000))]).toString('base64'), '10000001 rounds'],
  [
    'PKCS#12, a length beyond its end',
    () => Buffer.concat([Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]), bag(rounds(10_000_000))]),
    '10000000 rounds',
  ],
  [
    'PKCS#12 of a million bytes',
    () => Buffer.alloc(1_000_000, 0x80),
    'has 1000000 bytes, and at most 131072',
  ],
  ['PKCS#12 of empty parts', () => tlv(0x30, Buffer.alloc(100_000, 0)), 'more than 20000 parts'],
  ['PEM of a million bytes', () => `-----BEGIN CERTIFICATE-----${'A'.repeat(1_000_000)}`, 'at most 131072'],
  ['PEM, a key of DSA whose prime has 262,144 bits', () => keyOfDsa(262_144), 'a number of 262144 bits'],
  [
    'PEM, a key of RSA of 65,536 bits',
    () => keyOfRsa(65_536),
    'a number of 65536 bits, and at most 8192 are read; use a shorter key',
  ],
  ['PEM whose blocks never end', () => '-----BEGIN A-----'.repeat(7_000), 'cannot be read as PEM'],
];

describe('what a certificate costs to open', () => {
  it.each(refused)('is too much, and is told unopened: %s', (_name, make, told) => {
    expect(() => judgeCertificate(Buffer.from(make()))).toThrow(told);
  });

  it.each([
    ['PEM by openssl as it is', ['pkcs8', '-topk8']],
    ['PEM with the 600,000 rounds of OWASP', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-iter', '600000']],
    ["PEM with openssl's scrypt", ['pkcs8', '-topk8', '-scrypt']],
    ['PEM of old (Proc-Type: 4,ENCRYPTED)', ['rsa', '-aes256', '-traditional']],
  ])('is bearable, and it opens: %s', async (_name, options) => {
    const text = `${pem(...options)}${made.read('rsa.crt')}`;
    expect((await loadCertificate(Buffer.from(text), 'hunter2')).chain).toHaveLength(1);
  });

  it.each([
    ['openssl as it is', []],
    ['Java, 10,000 rounds', ['-iter', '10000']],
    ['the most of Java 12 to 15, about', ['-iter', '60000']],
  ])('is bearable, and it opens: PKCS#12 by %s', async (_name, options) => {
    const pfx = made.pfx('rsa', 'hunter2', ...options);
    expect((await loadCertificate(pfx, 'hunter2')).chain).toHaveLength(2);
  });

  it('is what openssl wrote, to the round', () => {
    const pfx = made.pfx('rsa', 'hunter2', '-iter', '150000');
    expect(() => judgeCertificate(pfx)).toThrow('asks for 450000 rounds');
  });

  it('is judged, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        try {
          judgeCertificate(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'TokenRefused', status: 403 });
        }
      }),
    );
  });
});
