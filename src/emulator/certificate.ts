import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface TlsFiles {
  /** PEM of the throw-away authority, for `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const dayMs = 86_400_000;

/**
 * A throw-away authority and a certificate for loopback, signed by it. Good for ten days; the authority's key
 * is not kept.
 */
export function createCertificate(nowMs: number): TlsFiles {
  const authority = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const server = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const validity = sequence(utcTime(nowMs - dayMs), utcTime(nowMs + 10 * dayMs));
  const issuer = nameOf('podid emulator authority');
  const ca = signed(authority.privateKey, {
    issuer,
    validity,
    subject: issuer,
    key: authority.publicKey,
    extensions: [extension('551d13', true, sequence(der(0x01, Buffer.from([0xff])))), keyUsage(0x06, 1)],
  });
  const cert = signed(authority.privateKey, {
    issuer,
    validity,
    subject: nameOf('127.0.0.1'),
    key: server.publicKey,
    extensions: [loopbackNames(), keyUsage(0x80, 7), serverAuth()],
  });
  return {
    ca: pem(ca),
    cert: pem(cert),
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

interface ToSign {
  readonly issuer: Buffer;
  readonly validity: Buffer;
  readonly subject: Buffer;
  readonly key: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** X.509 version 3, RFC 5280; signed by ECDSA with SHA-256. */
function signed(signer: KeyObject, parts: ToSign): Buffer {
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const serial = der(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)]));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    serial,
    ecdsaWithSha256,
    parts.issuer,
    parts.validity,
    parts.subject,
    parts.key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...parts.extensions)),
  );
  return sequence(body, ecdsaWithSha256, bitString(sign('sha256', body, signer)));
}

function nameOf(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function loopbackNames(): Buffer {
  const ipv6 = Buffer.alloc(16);
  ipv6[15] = 1;
  const names = [
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, ipv6),
  ];
  return extension('551d11', false, sequence(...names));
}

function keyUsage(bits: number, unused: number): Buffer {
  return extension('551d0f', true, der(0x03, Buffer.from([unused, bits])));
}

function serverAuth(): Buffer {
  return extension('551d25', false, sequence(oid('2b06010505070301')));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : [];
  return sequence(oid(id), ...flag, der(0x04, value));
}

function sequence(...items: readonly Buffer[]): Buffer {
  return der(0x30, ...items);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function bitString(content: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x17, Buffer.from(digits.slice(2)));
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) {
    return Buffer.from([length]);
  }
  const bytes = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

function pem(content: Buffer): string {
  const lines = content.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
