import { type JsonShape, memberShape } from '../../validate/json-shape.ts';
import { JsonValueEnd } from './json-value-end.ts';
import { wholeElement } from './whole-element.ts';

/** A JSON value without what its shape does not name. */
export interface CutJson {
  readonly json: unknown;
  /** What its shape does name was left out as well, because there is no room for so much. */
  readonly isCut: boolean;
}

export interface JsonCutterOptions {
  readonly shape: JsonShape;
  /** Bytes that are kept of one value; its `always` members come on top, each up to a kilobyte. */
  readonly mostBytes: number;
  /** A member of the outermost object whose elements are given out one by one. */
  readonly each?: string;
}

/** No name and no version of the Kubernetes API is as long. */
const mostAlwaysBytes = 1_024;
const longestMember = 256;

interface Frame {
  readonly shape: JsonShape;
  readonly isArray: boolean;
  readonly givesOut: boolean;
  expect: 'value' | 'member' | 'colon' | 'comma';
  isEmpty: boolean;
  /** Which the next value belongs to. */
  member: string;
}

/**
 * Reads JSON in pieces, and keeps of it what a shape names: whatever it holds beside, and however large that is,
 * takes no memory. Values may follow each other, as the events of a watch do.
 */
export class JsonCutter {
  readonly #options: JsonCutterOptions;
  readonly #frames: Frame[] = [];
  readonly #end = new JsonValueEnd();
  #reading: 'structure' | 'value' | 'member' = 'structure';
  /** What the value that is being read is copied by; undefined where it is left out. */
  #copyAs: JsonShape | undefined;
  #kept = Buffer.allocUnsafe(4_096);
  #length = 0;
  /** Where the value that is given out next begins, and where the one that is copied. */
  #base = 0;
  #valueAt = 0;
  #isCut = false;

  constructor(options: JsonCutterOptions) {
    this.#options = options;
  }

  /**
   * The values that end in this piece.
   * @throws Error where it is not JSON
   */
  push(piece: Buffer): CutJson[] {
    const done: CutJson[] = [];
    let at = 0;
    while (at < piece.length) {
      at = this.#reading === 'structure' ? this.#structure(piece, at, done) : this.#content(piece, at, done);
    }
    return done;
  }

  /** Nothing has begun that has not ended. */
  get isBetween(): boolean {
    return this.#frames.length === 0 && this.#reading === 'structure';
  }

  #content(piece: Buffer, from: number, done: CutJson[]): number {
    const end = this.#end.scan(piece, from);
    const stop = end < 0 ? piece.length : end;
    if (this.#reading === 'member') {
      const frame = this.#frames.at(-1);
      if (frame !== undefined && frame.member.length <= longestMember) {
        frame.member += piece.toString('latin1', from, end < 0 ? stop : stop - 1);
      }
    } else if (this.#copyAs !== undefined) {
      this.#copy(piece, from, stop);
    }
    if (end >= 0) {
      const wasValue = this.#reading === 'value';
      this.#reading = 'structure';
      if (wasValue) {
        this.#valueDone(done);
      }
    }
    return stop;
  }

  #structure(piece: Buffer, at: number, done: CutJson[]): number {
    const byte = piece[at] ?? 0;
    if (byte <= 0x20) {
      return at + 1;
    }
    const frame = this.#frames.at(-1);
    const character = String.fromCharCode(byte);
    if (frame !== undefined && this.#isEnd(frame, character)) {
      this.#frames.pop();
      this.#write(character);
      this.#valueDone(done);
    } else if (frame === undefined || frame.expect === 'value') {
      const end = frame?.givesOut === true ? this.#wholeElement(piece, at, frame, done) : at;
      if (end > at) {
        return end;
      }
      this.#beginValue(byte, character, frame);
    } else if (frame.expect === 'member' && character === '"') {
      frame.member = '';
      frame.expect = 'colon';
      this.#reading = 'member';
      this.#end.begin(byte);
    } else if (frame.expect === 'colon' && character === ':') {
      frame.expect = 'value';
    } else if (frame.expect === 'comma' && character === ',') {
      frame.expect = frame.isArray ? 'value' : 'member';
    } else {
      throw new Error('The answer is not JSON.');
    }
    return at + 1;
  }

  /** The place behind the element, where it could be read at once; else where it begins. */
  #wholeElement(piece: Buffer, at: number, frame: Frame, done: CutJson[]): number {
    const { mostBytes } = this.#options;
    const whole = wholeElement(piece, at, { shape: frame.shape, mostBytes });
    if (whole === undefined) {
      return at;
    }
    frame.expect = 'comma';
    done.push({ json: whole.json, isCut: false });
    return whole.end;
  }

  #isEnd({ isArray, expect }: Frame, character: string): boolean {
    const isDue = expect === 'comma' || expect === (isArray ? 'value' : 'member');
    return isDue && character === (isArray ? ']' : '}');
  }

  #beginValue(byte: number, character: string, frame: Frame | undefined): void {
    if ('}],:'.includes(character)) {
      throw new Error('The answer is not JSON.');
    }
    if (frame === undefined || frame.givesOut) {
      this.#base = this.#length;
      this.#isCut = false;
    }
    const shape = this.#shapeOf(frame);
    const isOpening = character === '{' || character === '[';
    if (shape !== undefined && frame !== undefined && !frame.givesOut) {
      this.#write(`${frame.isEmpty ? '' : ','}${frame.isArray ? '' : `"${frame.member}":`}`);
      frame.isEmpty = false;
    }
    if (isOpening && typeof shape === 'object') {
      this.#write(character);
      this.#frames.push(this.#frameOf(shape, character === '[', frame));
      return;
    }
    this.#reading = 'value';
    this.#end.begin(byte);
    this.#copyAs = shape;
    this.#valueAt = this.#length;
    if (shape !== undefined) {
      this.#write(character);
    }
  }

  #frameOf(shape: JsonShape, isArray: boolean, outer: Frame | undefined): Frame {
    const { each } = this.#options;
    const givesOut = isArray && each !== undefined && this.#frames.length === 1 && outer?.member === each;
    return { shape, isArray, givesOut, expect: isArray ? 'value' : 'member', isEmpty: true, member: '' };
  }

  #shapeOf(frame: Frame | undefined): JsonShape | undefined {
    if (frame === undefined) {
      return this.#options.shape;
    }
    const shape = frame.isArray ? frame.shape : memberShape(frame.shape, frame.member);
    // Elements cost something even when nothing of them is kept.
    if (frame.isArray && !frame.givesOut && this.#length - this.#base > this.#options.mostBytes) {
      this.#isCut = true;
      return undefined;
    }
    return shape;
  }

  #copy(piece: Buffer, from: number, to: number): void {
    const most =
      this.#copyAs === 'always' ? this.#valueAt + mostAlwaysBytes : this.#base + this.#options.mostBytes;
    if (this.#length + to - from > most) {
      this.#length = this.#valueAt;
      this.#write('null');
      this.#copyAs = undefined;
      this.#isCut = true;
      return;
    }
    this.#makeRoom(to - from);
    piece.copy(this.#kept, this.#length, from, to);
    this.#length += to - from;
  }

  #write(text: string): void {
    this.#makeRoom(text.length);
    this.#length += this.#kept.write(text, this.#length, 'latin1');
  }

  #makeRoom(bytes: number): void {
    if (this.#length + bytes > this.#kept.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#length + bytes));
      this.#kept.copy(larger, 0, 0, this.#length);
      this.#kept = larger;
    }
  }

  #valueDone(done: CutJson[]): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) {
      frame.expect = 'comma';
    }
    if (frame === undefined) {
      this.#base = 0;
    }
    if (frame === undefined || frame.givesOut) {
      const text = this.#kept.toString('utf8', this.#base, this.#length);
      done.push({ json: JSON.parse(text), isCut: this.#isCut });
      this.#length = this.#base;
    }
  }
}
