import { badRequest, KubeFailure } from '../kube-failure.ts';
import type { JsonMap } from '../objects/kube-object.ts';
import { type Field, isScalar, type Message, messageNamed, messageOfKind } from './kube-messages.ts';

/** With which every body in protobuf begins: `k8s` and a zero. */
const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00]);

/**
 * The object in a body of `application/vnd.kubernetes.protobuf`, as JSON would have it.
 * @throws KubeFailure 400 for what cannot be read, 415 for a kind or a field that is not known here
 */
export function readProtobuf(body: Buffer): JsonMap {
  if (!body.subarray(0, magic.length).equals(magic)) {
    throw malformed();
  }
  const around = readNamed(body.subarray(magic.length), 'Envelope');
  const { apiVersion = '', kind = '' } = (around['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string };
  const message = messageOfKind(apiVersion, kind);
  if (message === undefined) {
    throw unsupported(`a ${kind} of ${apiVersion}`);
  }
  const content = Buffer.from(String(around['raw'] ?? ''), 'base64');
  return { apiVersion, kind, ...readMessage(content, message, kind) };
}

function readNamed(bytes: Buffer, name: string): JsonMap {
  return readMessage(bytes, messageNamed(name) ?? {}, name);
}

function readMessage(bytes: Buffer, message: Message, of: string): JsonMap {
  const found: Record<string, unknown> = {};
  for (const { number, value } of fieldsOf(bytes)) {
    const field = message[number];
    if (field === undefined) {
      throw unsupported(`field ${number} of ${of}`);
    }
    add(found, field, value);
  }
  return found;
}

function add(found: Record<string, unknown>, field: Field, value: Wire): void {
  const { name, type, many } = field;
  if (many === 'map') {
    const pair: Message = { 1: { name: 'key', type: 'text' }, 2: { name: 'value', type, isPointer: true } };
    const { key = '', value: held = '' } = readMessage(bytesIn(value), pair, name);
    found[name] = Object.fromEntries([...Object.entries(found[name] ?? {}), [String(key), held]]);
    return;
  }
  const read = readValue(value, type);
  if (field.isInline === true) {
    Object.assign(found, read);
  } else if (many === 'list') {
    found[name] = [...((found[name] as unknown[] | undefined) ?? []), read];
  } else if (read !== undefined && (field.isPointer === true || !isEmpty(read))) {
    // A sender writes what is not set as empty; JSON leaves it out.
    found[name] = read;
  }
}

function isEmpty(read: unknown): boolean {
  return read === '' || read === 0 || read === false;
}

function readValue(value: Wire, type: string): unknown {
  switch (type) {
    case 'flag':
      return numberIn(value) !== 0;
    case 'number':
      return numberIn(value);
    case 'text':
      return bytesIn(value).toString('utf8');
    case 'bytes':
      return bytesIn(value).toString('base64');
    default:
      return isScalar(type) ? readSpecial(bytesIn(value), type) : readNamed(bytesIn(value), type);
  }
}

/** What JSON has as a scalar, and protobuf as a message. */
function readSpecial(bytes: Buffer, type: string): unknown {
  const fields = new Map([...fieldsOf(bytes)].map(({ number, value }) => [number, value]));
  const number = (at: number) => numberIn(fields.get(at) ?? 0);
  const bytesAt = (at: number) => bytesIn(fields.get(at) ?? Buffer.alloc(0));
  switch (type) {
    case 'time':
      return number(1) === 0 ? undefined : new Date(number(1) * 1000).toISOString().replace('.000Z', 'Z');
    case 'quantity':
      return bytesAt(1).toString('utf8');
    case 'intOrText':
      return number(1) === 0 ? number(2) : bytesAt(3).toString('utf8');
    case 'json':
      return parseJson(bytesAt(1).toString('utf8'));
    default:
      return undefined;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed();
  }
}

/** An integer, or the bytes of whatever is longer. */
type Wire = number | Buffer;

function numberIn(value: Wire): number {
  if (typeof value !== 'number') {
    throw malformed();
  }
  return value;
}

function bytesIn(value: Wire): Buffer {
  if (typeof value === 'number') {
    throw malformed();
  }
  return value;
}

/** Each field of a message on the wire, by its number. */
function* fieldsOf(bytes: Buffer): Generator<{ number: number; value: Wire }> {
  let at = 0;
  const next = () => {
    const read = readVarint(bytes, at);
    at = read.end;
    return read.value;
  };
  while (at < bytes.length) {
    const tag = next();
    const number = Math.floor(tag / 8);
    const value = next();
    if (tag % 8 === 0) {
      yield { number, value };
    } else if (tag % 8 === 2 && at + value <= bytes.length) {
      yield { number, value: bytes.subarray(at, at + value) };
      at += value;
    } else {
      throw malformed();
    }
  }
}

/** Seven bits a byte, the lowest first; of ten bytes a negative number. Beyond 2^53 nothing here counts. */
function readVarint(bytes: Buffer, from: number): { value: number; end: number } {
  let value = 0n;
  for (let at = from; at < Math.min(bytes.length, from + 10); at += 1) {
    const byte = bytes[at] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * (at - from));
    if (byte < 0x80) {
      return { value: Number(BigInt.asIntN(64, value)), end: at + 1 };
    }
  }
  throw malformed();
}

function malformed(): KubeFailure {
  return badRequest('The body cannot be read as protobuf.');
}

function unsupported(what: string): KubeFailure {
  return new KubeFailure(
    415,
    'UnsupportedMediaType',
    `The emulator does not read ${what} in protobuf. As JSON it takes it: kubectl create … --dry-run=client -o yaml | kubectl apply -f -`,
  );
}
