import { createCipheriv, pbkdf2Sync } from 'node:crypto';

/*
 * Credentials as nobody's tool writes them, byte by byte.
 */

export const integer = (value: number | bigint) => {
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return tlv(0x02, Buffer.from(Number.parseInt(even.slice(0, 2), 16) > 0x7f ? `00${even}` : even, 'hex'));
};
export const tlv = (tag: number, ...content: Uint8Array[]) => {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? [body.length]
      : [0x84, body.length >>> 24, (body.length >> 16) & 255, (body.length >> 8) & 255, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
export const oid = (hex: string) => tlv(0x06, Buffer.from(hex, 'hex'));
export const salt = tlv(0x04, Buffer.alloc(8, 1));
export const pbes2 = (kdf: string, ...cost: Uint8Array[]) =>
  tlv(
    0x30,
    oid('2a864886f70d01050d'),
    tlv(
      0x30,
      tlv(0x30, oid(kdf), tlv(0x30, salt, ...cost)),
      tlv(0x30, oid('60864801650304012a'), tlv(0x04, Buffer.alloc(16, 3))),
    ),
  );
export const pbkdf2 = '2a864886f70d01050c';
export const scrypt = '2b06010401da47040b';
const keyWith = (algorithm: Uint8Array) => tlv(0x30, algorithm, tlv(0x04, Buffer.alloc(1_216, 7)));
export const encryptedKey = (algorithm: Uint8Array) =>
  `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${keyWith(algorithm).toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`;
const data = (content: Uint8Array) => tlv(0x30, oid('2a864886f70d010701'), tlv(0xa0, tlv(0x04, content)));
export const bag = (algorithm: Uint8Array) =>
  tlv(0x30, oid('2a864886f70d010c0a0102'), tlv(0xa0, keyWith(algorithm)));
export const pkcs12 = (bags: Uint8Array[], macRounds = 1) =>
  tlv(
    0x30,
    integer(3),
    data(tlv(0x30, data(tlv(0x30, ...bags)))),
    tlv(0x30, tlv(0x30, tlv(0x30, oid('2b0e03021a')), tlv(0x04, Buffer.alloc(20))), salt, integer(macRounds)),
  );
export const rounds = (count: number) => pbes2(pbkdf2, integer(count));

/** A PKCS#12 file whose one bag stands in an encrypted part, so that its rounds are seen only behind the password. */
export function pkcs12WithHiddenRounds(password: string, count: number): Buffer {
  const iv = Buffer.alloc(16, 3);
  const key = pbkdf2Sync(password, Buffer.alloc(8, 1), 1_000, 32, 'sha1');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const hidden = Buffer.concat([cipher.update(tlv(0x30, bag(rounds(count)))), cipher.final()]);
  const kdf = tlv(0x30, oid(pbkdf2), tlv(0x30, salt, integer(1_000)));
  const aes = tlv(0x30, oid('60864801650304012a'), tlv(0x04, iv));
  const algorithm = tlv(0x30, oid('2a864886f70d01050d'), tlv(0x30, kdf, aes));
  const encrypted = tlv(0x30, integer(0), tlv(0x30, oid('2a864886f70d010701'), algorithm, tlv(0x80, hidden)));
  const part = tlv(0x30, oid('2a864886f70d010706'), tlv(0xa0, encrypted));
  return tlv(0x30, integer(3), data(tlv(0x30, part)));
}
