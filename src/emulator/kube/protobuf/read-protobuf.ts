import { badRequest, KubeFailure } from '../kube-failure.ts';
import type { JsonMap } from '../objects/kube-object.ts';
import { envelope, type Field, type FieldType, kubeMessages, type Message } from './kube-messages.ts';

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
  const around = readMessage(body.subarray(magic.length), envelope, 'the envelope');
  const { apiVersion = '', kind = '' } = (around['typeMeta'] ?? {}) as { apiVersion?: string; kind?: string };
  const type = `${apiVersion}/${kind}`;
  const message = Object.hasOwn(kubeMessages, type) ? kubeMessages[type] : undefined;
  if (message === undefined) {
    throw unsupported(`a ${kind} of ${apiVersion}`);
  }
  const content = Buffer.from(String(around['raw'] ?? ''), 'base64');
  return { apiVersion, kind, ...readMessage(content, message, kind) };
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

function add(found: Record<string, unknown>, { name, type, many }: Field, value: number | Buffer): void {
  if (many === 'map') {
    const pair: Message = { 1: { name: 'key', type: 'text' }, 2: { name: 'value', type } };
    const { key = '', value: held = '' } = readMessage(bytesIn(value), pair, name);
    found[name] = Object.fromEntries([...Object.entries(found[name] ?? {}), [String(key), held]]);
    return;
  }
  const read = readValue(value, type, name);
  if (many === 'list') {
    found[name] = [...((found[name] as unknown[] | undefined) ?? []), read];
  } else if (read !== undefined && read !== '' && !(type === 'number' && read === 0)) {
    // A sender writes what is not set as empty; JSON leaves it out.
    found[name] = read;
  }
}

function readValue(value: number | Buffer, type: FieldType, name: string): unknown {
  if (type === 'nothing') {
    return undefined;
  }
  if (type === 'flag' || type === 'number') {
    if (typeof value !== 'number') {
      throw malformed();
    }
    return type === 'flag' ? value !== 0 : value;
  }
  const bytes = bytesIn(value);
  if (type === 'text' || type === 'bytes') {
    return bytes.toString(type === 'text' ? 'utf8' : 'base64');
  }
  return readMessage(bytes, type, name);
}

function bytesIn(value: number | Buffer): Buffer {
  if (typeof value === 'number') {
    throw malformed();
  }
  return value;
}

/** Each field of a message on the wire: its number, and an integer or the bytes of whatever is longer. */
function* fieldsOf(bytes: Buffer): Generator<{ number: number; value: number | Buffer }> {
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

/** Seven bits a byte, the lowest first. Beyond 2^53 nothing here counts. */
function readVarint(bytes: Buffer, from: number): { value: number; end: number } {
  let value = 0;
  for (let at = from; at < Math.min(bytes.length, from + 8); at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) {
      return { value, end: at + 1 };
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
