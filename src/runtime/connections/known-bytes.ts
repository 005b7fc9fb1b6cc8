/**
 * Headers by which a client tells its requests apart in its own logs: the agent reads none of them, and sends none back.
 * Azure's SDKs put another id into each request. In lower case.
 */
export const idHeaders: readonly string[] = [
  'client-request-id',
  'traceparent',
  'x-ms-client-request-id',
  'x-ms-correlation-request-id',
  'x-request-id',
];

/** A whole line with nothing but an id in it. The end of the line is left for the next one to begin with. */
const idLine = new RegExp(`\\r\\n(?:${idHeaders.join('|')}): ?([0-9A-Za-z-]+)(?=\\r\\n)`, 'gi');
/** A line that goes on in the next one, or an end of a line that not every reader takes for one. */
const unusualLine = /\n[ \t]|[^\r]\n|\r[^\n]/;

/** By the code of a character: whether it may stand in an id. */
const isOfId = Uint8Array.from({ length: 256 }, (_, code) =>
  /[0-9A-Za-z-]/.test(String.fromCharCode(code)) ? 1 : 0,
);

interface Span {
  readonly from: number;
  /** Exclusive. */
  readonly to: number;
}

/**
 * The bytes of one request, header and all, that the parser has read. Others are the same request when they differ in
 * nothing but the characters of ids: each id as long as it was and of letters, digits and hyphens alone, so that every
 * header begins, ends and has its value where it had it before.
 */
export class KnownBytes {
  readonly #bytes: Buffer;
  /** Found when bytes come that differ: most clients send no ids, and many ask once alone. */
  #ids: readonly Span[] | undefined;

  /** @param bytes are copied: what was read is a part of a larger buffer */
  constructor(bytes: Buffer) {
    this.#bytes = Buffer.from(bytes);
  }

  isSame(bytes: Buffer): boolean {
    if (bytes.length !== this.#bytes.length) {
      return false;
    }
    return bytes.equals(this.#bytes) || this.#differsInIds(bytes);
  }

  #differsInIds(bytes: Buffer): boolean {
    this.#ids ??= idsIn(this.#bytes);
    let from = 0;
    for (const id of this.#ids) {
      if (!this.#isSamePart(bytes, from, id.from) || !isId(bytes, id)) {
        return false;
      }
      from = id.to;
    }
    return from > 0 && this.#isSamePart(bytes, from, bytes.length);
  }

  #isSamePart(bytes: Buffer, from: number, to: number): boolean {
    return bytes.compare(this.#bytes, from, to, from, to) === 0;
  }
}

function idsIn(bytes: Buffer): Span[] {
  const text = bytes.toString('latin1');
  if (unusualLine.test(text)) {
    return [];
  }
  return [...text.matchAll(idLine)].map(({ index, 0: line, 1: id = '' }) => {
    const to = index + line.length;
    return { from: to - id.length, to };
  });
}

function isId(bytes: Buffer, { from, to }: Span): boolean {
  for (let at = from; at < to; at += 1) {
    if (isOfId[bytes[at] ?? 0] !== 1) {
      return false;
    }
  }
  return true;
}
