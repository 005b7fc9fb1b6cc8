import { anyCase, type JsonShape, memberShape } from '../../validate/json-shape.ts';

export interface WholeElement {
  /** What the shape keeps of it. */
  readonly json: unknown;
  /** The place behind its last byte. */
  readonly end: number;
}

/** Every object of the API has it, and nothing before it that differs from one object of a list to the next. */
const shared = '"metadata":';
const longestBeginning = 160;
/** In characters, which may be written as six bytes each: an `always` may have 1,024. */
const surelyShort = 1_024 / 6;

/**
 * Reads the element that begins at a place with Node's own parser, where the next one of the list begins in the same
 * piece, too. At a start, when all code is cold, that takes a tenth of reading it byte by byte.
 *
 * The end is guessed: it lies before what looks like the beginning of the next element. That it is the end is known once the
 * parser has taken what lies before as one value, since no object of JSON is the beginning of another.
 *
 * @returns undefined where that cannot be told, and for what might have to be cut: it is to be read byte by byte
 */
export function wholeElement(
  piece: Buffer,
  at: number,
  { shape, mostBytes }: { readonly shape: JsonShape; readonly mostBytes: number },
): WholeElement | undefined {
  const beginning = piece.subarray(at, at + longestBeginning).indexOf(shared, 0, 'latin1');
  if (beginning < 0) {
    return undefined;
  }
  const common = piece.toString('latin1', at, at + beginning + shared.length);
  const length = piece.subarray(at, at + mostBytes + common.length).indexOf(`},${common}`, 0, 'latin1') + 1;
  if (length === 0) {
    return undefined;
  }
  const end = at + length;
  try {
    return { json: kept(JSON.parse(piece.toString('utf8', at, end)), shape), end };
  } catch {
    return undefined;
  }
}

/** @throws Error where an `always` may be too long */
function kept(value: unknown, shape: JsonShape): unknown {
  if (shape === 'kept' || typeof value !== 'object' || value === null) {
    if (shape === 'always' && typeof value === 'string' && value.length > surelyShort) {
      throw new Error('This may be too long.');
    }
    return value;
  }
  if (shape === 'always') {
    throw new Error('This may be too long.');
  }
  if (Array.isArray(value)) {
    return value.map((each) => kept(each, shape));
  }
  const record = value as Readonly<Record<string, unknown>>;
  const result: Record<string, unknown> = {};
  for (const member of Object.keys(shape[anyCase] === undefined ? shape : record)) {
    const inner = memberShape(shape, member);
    if (inner !== undefined && Object.hasOwn(record, member)) {
      result[member] = kept(record[member], inner);
    }
  }
  return result;
}
