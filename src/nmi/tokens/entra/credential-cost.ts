import { badCertificate } from './bad-certificate.ts';
import { type DerPart, derPartAt, derTag } from './der-parts.ts';

/*
 * What it costs to open a certificate with its key is chosen by whoever wrote the file: how often a password
 * is hashed, in how many places. So that is summed up from the file before anything of it is opened.
 */

/**
 * Key Vault's exports are below 20 kB, a key of 8192 bits with ten certificates below 40.
 */
const mostBytes = 128 * 1024;
/**
 * Rounds of all encrypted keys of a PEM file together. OpenSSL writes 2,048, and OWASP's advice of 600,000
 * fits.
 */
const mostPemRounds = 1_000_000;
/**
 * Rounds of all parts of a PKCS#12 file and of its digest together. OpenSSL writes 3 × 2,048, Windows and Key
 * Vault 3 × 2,000, Java 3 × 10,000, and releases 12 to 15 of Java 50,000 twice and 100,000.
 */
const mostPkcs12Rounds = 400_000;
/** N × r × p of scrypt, 32 MiB of memory. OpenSSL writes 16384 × 8 × 1, half of it. */
const mostScryptCost = 2 ** 18;
/** A PKCS#12 file with ten certificates has some 1,500 parts. */
const mostParts = 20_000;
const mostPemBlocks = 64;
/**
 * A signature's cost grows with the cube of this; Key Vault's largest keys have 4096. Of a prime of DSA that is much
 * longer it takes seconds to find out that nobody signs with it.
 */
export const mostKeyBits = 8_192;
const deepestNesting = 32;

/** @throws TokenRefused 403 that names the value, the rule and what to do */
export function judgePemCost(bytes: Uint8Array): void {
  const total = emptyCost();
  const inTheOpen = emptyCost();
  for (const { label, body } of pemBlocks(bytes)) {
    addCost(Buffer.from(body, 'base64'), label === 'ENCRYPTED PRIVATE KEY' ? total : inTheOpen);
  }
  // Of what is not encrypted no number says how often a password is hashed.
  judge({ ...inTheOpen, rounds: 0, scrypt: 0 }, 0, '');
  judge(total, mostPemRounds, 'openssl pkcs8 -topk8 -v2 aes-256-cbc -iter 600000 -in OLD.pem -out NEW.pem');
}

/** @throws TokenRefused 403 that names the value, the rule and what to do */
export function judgePkcs12Cost(bytes: Uint8Array): void {
  const total = emptyCost();
  addCost(bytes, total);
  judge(total, mostPkcs12Rounds, 'openssl pkcs12 -export -iter 2048 -in CERTIFICATE.pem -out NEW.pfx');
}

/** @throws TokenRefused 403 */
export function judgeSize({ length }: Uint8Array): void {
  if (length > mostBytes) {
    throw badCertificate(
      `has ${length} bytes, and at most ${mostBytes} are read; keep in the Secret the key, its certificate and its issuers alone`,
    );
  }
}

interface Cost {
  rounds: number;
  scrypt: number;
  parts: number;
  /** Of the longest number. */
  bits: number;
}

function emptyCost(): Cost {
  return { rounds: 0, scrypt: 0, parts: 0, bits: 0 };
}

function judge({ rounds, scrypt, parts, bits }: Cost, mostRounds: number, command: string): void {
  if (parts > mostParts) {
    throw badCertificate(`consists of more than ${mostParts} parts, which no certificate does`);
  }
  if (bits > mostKeyBits) {
    throw badCertificate(
      `holds a number of ${bits} bits, and at most ${mostKeyBits} are read; use a shorter key`,
    );
  }
  if (rounds > mostRounds) {
    throw badCertificate(
      `asks for ${rounds} rounds of key derivation in all, and at most ${mostRounds} are done; encrypt it again with fewer: ${command}`,
    );
  }
  if (scrypt > mostScryptCost) {
    throw badCertificate(
      `asks for scrypt with N × r × p = ${scrypt}, and at most ${mostScryptCost} is done; encrypt it again: ${command}`,
    );
  }
}

/** In one pass over the text, however many blocks begin and never end. */
export function* pemBlocks(bytes: Uint8Array): Generator<{ label: string; body: string; text: string }> {
  const all = Buffer.from(bytes).toString('latin1');
  const begin = '-----BEGIN ';
  let count = 0;
  for (let at = all.indexOf(begin); at >= 0; ) {
    const labelEnd = all.indexOf('-----', at + begin.length);
    const label = all.slice(at + begin.length, Math.max(labelEnd, at + begin.length));
    const endLine = `-----END ${label}-----`;
    const end = labelEnd < 0 ? -1 : all.indexOf(endLine, labelEnd);
    count += 1;
    if (end < 0 || count > mostPemBlocks || !/^[A-Z0-9 ]{1,64}$/.test(label)) {
      throw badCertificate('cannot be read as PEM');
    }
    yield { label, body: all.slice(labelEnd + 5, end), text: all.slice(at, end + endLine.length) };
    at = all.indexOf(begin, end + endLine.length);
  }
}

function addCost(bytes: Uint8Array, total: Cost): void {
  walk(bytes, whole(bytes), { total, depth: 0, algorithm: '' });
}

function whole({ length }: Uint8Array): Extent {
  return { start: 0, end: length, isIndefinite: false };
}

type Extent = Pick<DerPart, 'start' | 'end' | 'isIndefinite'>;

interface Place {
  readonly total: Cost;
  readonly depth: number;
  /** In hex, the object id that stands before the parameters that are read. */
  readonly algorithm: string;
}

const scryptId = '2b06010401da47040b';

/**
 * A salt followed by a number is how the digest of PKCS#12, PBES1, PBKDF2 and scrypt all say their cost.
 *
 * @returns where the extent ended
 */
function walk(bytes: Uint8Array, { start, end, isIndefinite }: Extent, place: Place): number {
  const { total, depth } = place;
  let algorithm = '';
  let afterSalt: number[] | undefined;
  let at = start;
  while (at < end) {
    if (isIndefinite && bytes[at] === 0 && bytes[at + 1] === 0) {
      at += 2;
      break;
    }
    total.parts += 1;
    const part = derPartAt(bytes, at, end);
    if (part === undefined || total.parts > mostParts || depth > deepestNesting) {
      at = end;
      break;
    }
    at = part.end;
    if (part.tag === derTag.integer) {
      const number = bytes.subarray(part.start, part.end);
      total.bits = Math.max(total.bits, bitsOf(number));
      afterSalt?.push(numberIn(number));
      continue;
    }
    addNumbers(afterSalt, place);
    afterSalt = part.tag === derTag.octetString ? [] : undefined;
    if (part.isConstructed) {
      at = walk(bytes, part, { total, depth: depth + 1, algorithm });
    }
    if (part.tag === derTag.octetString) {
      walkContent(octetsOf(bytes, part), place);
    } else if (part.tag === derTag.objectId) {
      algorithm = Buffer.from(bytes.subarray(part.start, part.end)).toString('hex');
    }
  }
  addNumbers(afterSalt, place);
  return at;
}

function addNumbers([first = 0, second = 1, third = 1]: readonly number[] = [], place: Place): void {
  if (place.algorithm === scryptId) {
    place.total.scrypt += first * second * third;
  } else {
    place.total.rounds += first;
  }
}

/** What a file holds that is not encrypted stands in an octet string again, as a sequence. */
function walkContent(content: Uint8Array, { total, depth }: Place): void {
  if (derPartAt(content, 0, content.length)?.tag === derTag.sequence) {
    walk(content, whole(content), { total, depth: depth + 1, algorithm: '' });
  }
}

/** An octet string may be written in pieces. */
function octetsOf(bytes: Uint8Array, part: DerPart): Uint8Array {
  if (!part.isConstructed) {
    return bytes.subarray(part.start, part.end);
  }
  const pieces: Uint8Array[] = [];
  for (let at = part.start; at < part.end; ) {
    const piece = derPartAt(bytes, at, part.end);
    if (piece === undefined || piece.tag !== derTag.octetString || piece.isConstructed) {
      break;
    }
    pieces.push(bytes.subarray(piece.start, piece.end));
    at = piece.end;
  }
  return Buffer.concat(pieces);
}

function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (bytes.length - first) - Math.clz32(bytes[first] ?? 0) + 24;
}

/** Big-endian. What is beyond every bound may lose its last digits. */
function numberIn(bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}
