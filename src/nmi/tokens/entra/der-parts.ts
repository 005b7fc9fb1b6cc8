/** One tag, length and content of DER or BER within `bytes`. */
export interface DerPart {
  readonly tag: number;
  readonly isConstructed: boolean;
  readonly start: number;
  /** Behind the content; of indefinite length, behind all that is there. */
  readonly end: number;
  readonly isIndefinite: boolean;
}

export const derTag = { integer: 2, octetString: 4, objectId: 6, sequence: 16 } as const;

const indefinite = 0x80;

/**
 * The part that begins at a place. As lenient as the libraries that open credentials: a length beyond the end
 * means the end. Undefined where no header fits.
 */
export function derPartAt(bytes: Uint8Array, at: number, end: number): DerPart | undefined {
  const first = bytes[at];
  let next = at + 1;
  if (first === undefined || next >= end) {
    return undefined;
  }
  if ((first & 0x1f) === 0x1f) {
    while (next < end && (bytes[next] ?? 0) >= 0x80) {
      next += 1;
    }
    next += 1;
  }
  const short = bytes[next] ?? 0;
  next += 1;
  let length = short;
  if (short > indefinite) {
    length = 0;
    for (const last = next + (short & 0x7f); next < last && next < end; next += 1) {
      length = length * 256 + (bytes[next] ?? 0);
    }
  }
  const isIndefinite = short === indefinite;
  return {
    // Tags of another class than the universal one are told apart by their class.
    tag: (first & 0xc0) === 0 ? first & 0x1f : first & 0xdf,
    isConstructed: (first & 0x20) !== 0,
    start: Math.min(next, end),
    end: isIndefinite ? end : Math.min(next + length, end),
    isIndefinite,
  };
}
