const quote = 0x22;
const backslash = 0x5c;
const openObject = 0x7b;
const openArray = 0x5b;
const closeObject = 0x7d;
const closeArray = 0x5d;
const comma = 0x2c;

/** Finds where a JSON value ends that comes in pieces, without an idea of what it says. */
export class JsonValueEnd {
  #depth = 0;
  #inString = false;
  #isEscaped = false;
  #isScalar = false;

  /** @param first byte of the value; `scan` begins behind it */
  begin(first: number): void {
    this.#inString = first === quote;
    this.#isEscaped = false;
    this.#depth = first === openObject || first === openArray ? 1 : 0;
    this.#isScalar = !this.#inString && this.#depth === 0;
  }

  /** The place behind the value's last byte, or -1 where it goes on behind this piece. */
  scan(piece: Uint8Array, from: number): number {
    if (this.#isScalar) {
      return scalarEnd(piece, from);
    }
    let at = from;
    while (at < piece.length) {
      if (this.#inString) {
        at = this.#scanString(piece, at);
        if (!this.#inString && this.#depth === 0) {
          return at;
        }
        continue;
      }
      const byte = piece[at];
      at += 1;
      if (byte === quote) {
        this.#inString = true;
      } else if (byte === openObject || byte === openArray) {
        this.#depth += 1;
      } else if (byte === closeObject || byte === closeArray) {
        this.#depth -= 1;
        if (this.#depth === 0) {
          return at;
        }
      }
    }
    return -1;
  }

  #scanString(piece: Uint8Array, from: number): number {
    let at = from;
    if (this.#isEscaped && at < piece.length) {
      this.#isEscaped = false;
      at += 1;
    }
    for (; at < piece.length; at += 1) {
      const byte = piece[at];
      if (byte === quote) {
        this.#inString = false;
        return at + 1;
      }
      if (byte === backslash) {
        at += 1;
        this.#isEscaped = at >= piece.length;
      }
    }
    return piece.length;
  }
}

function scalarEnd(piece: Uint8Array, from: number): number {
  for (let at = from; at < piece.length; at += 1) {
    const byte = piece[at] ?? 0;
    if (byte === comma || byte === closeObject || byte === closeArray || byte <= 0x20) {
      return at;
    }
  }
  return -1;
}
