import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { compactVerify, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadCertificate } from '../../../../src/nmi/tokens/entra/certificate.ts';
import { signClientAssertion } from '../../../../src/nmi/tokens/entra/sign-client-assertion.ts';
import { certificateFolder, type KeyKind } from '../certificates-in-test.ts';

const made = certificateFolder();
const kinds: readonly [KeyKind, string][] = [
  ['rsa', 'PS256'],
  ['P-256', 'ES256'],
  ['P-384', 'ES384'],
  ['P-521', 'ES512'],
];

beforeAll(() => {
  for (const [kind] of kinds) {
    made.issue(kind, kind);
  }
});
afterAll(() => made[Symbol.dispose]());

describe('the certificate of a service principal', () => {
  const legacy = ['-legacy', '-provider', 'default', '-provider', 'legacy'];
  it.each([
    ['modern ciphers', 'hunter2', [] as string[]],
    ['old ciphers (RC2, 3DES)', 'hunter2', legacy],
    ['3DES throughout', 'hunter2', [...legacy, '-descert']],
    ['no encryption', 'hunter2', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['an empty password', '', []],
    ['an empty password and old ciphers', '', legacy],
    ['a password outside ASCII', 'Grüße✓', []],
    ['a password outside ASCII and old ciphers', 'Grüße', legacy],
    ['emoji as its password', 'p🔑', []],
    ['a SHA-512 digest', 'hunter2', ['-macalg', 'sha512']],
  ])('is read from PKCS#12 with %s', async (_name, password, options) => {
    for (const [kind] of kinds) {
      const pfx = made.pfx(kind, password, ...options);
      const { privateKey, chain } = await loadCertificate(pfx, password);
      expect(chain.map(({ subject }) => subject)).toEqual([`CN=${kind}`, `CN=${kind} CA`]);
      expect(chain[0].checkPrivateKey(privateKey)).toBe(true);
    }
  });

  it.each(kinds)(
    'is read from PEM in any order, from base64 of PKCS#12, and signs: %s',
    async (kind, alg) => {
      const pem = `${made.read(`${kind}-ca.crt`)}${made.read(`${kind}.crt`)}${made.read(`${kind}.key`)}`;
      const fromPem = await loadCertificate(Buffer.from(pem), '');
      const pfx = Buffer.from(made.pfx(kind, 'hunter2').toString('base64'));
      const fromPfx = await loadCertificate(pfx, 'hunter2');
      expect(fromPfx.chain.map(({ raw }) => raw)).toEqual(fromPem.chain.map(({ raw }) => raw));
      const claims = { clientId: 'app', audience: 'https://login/token', nowSec: 1_000_000 };
      const assertion = await signClientAssertion(fromPfx, claims);
      const { payload } = await compactVerify(assertion, fromPem.chain[0].publicKey);
      expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({
        iss: 'app',
        sub: 'app',
        aud: 'https://login/token',
        exp: 1_000_600,
        jti: expect.any(String),
      });
      expect(decodeProtectedHeader(assertion)).toMatchObject({
        alg,
        x5c: [expect.any(String), expect.any(String)],
      });
    },
  );

  it('is read from PEM with an encrypted key', async () => {
    const key = made.path('encrypted.key');
    execFileSync('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      made.path('rsa.key'),
      '-passout',
      'pass:hunter2',
      '-out',
      key,
    ]);
    const pem = Buffer.from(`${readFileSync(key, 'utf8')}${made.read('rsa.crt')}`);
    expect((await loadCertificate(pem, 'hunter2')).chain).toHaveLength(1);
    await expect(loadCertificate(pem, 'wrong')).rejects.toMatchObject({ status: 403 });
  });

  it('is refused without showing what was read, when password or file are wrong', async () => {
    const pfx = made.pfx('rsa', 'hunter2');
    const keyless = Buffer.from(made.read('rsa.crt'));
    const foreign = Buffer.from(`${made.read('P-256.key')}${made.read('rsa.crt')}`);
    for (const [bytes, password] of [
      [pfx, 'wrong'],
      [pfx, ''],
      [keyless, ''],
      [foreign, ''],
      [pfx.subarray(0, 900), 'hunter2'],
    ] as const) {
      const error = await loadCertificate(bytes, password).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: 'TokenRefused', status: 403, error: 'invalid_client' });
      expect(error).not.toHaveProperty('cause');
    }
  });

  it('is refused as 403, never as a crash, whatever the bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.string(), async (bytes, password) => {
        await expect(loadCertificate(bytes, password)).rejects.toMatchObject({ status: 403 });
      }),
    );
  });
});
