import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KnownBytes } from './known-bytes.ts';

/**
 * Answers a request that is known already. @param startedAt monotonic milliseconds @param isLast the connection ends
 * with it @param socket of the connection on which it came
 * @returns the whole answer with its header, each character one byte; undefined where the request has to be parsed and
 * handled as any other
 */
export type AnswerAgain = (startedAt: number, isLast: boolean, socket: Socket) => string | undefined;

/** Takes what is offered while a request is handled. */
export interface Repeats {
  /**
   * How this request is answered should it come again, byte for byte but for ids (`idHeaders`), on this connection or
   * another from the same address. What it is answered with is decided each time; what is spared is to read it.
   */
  offer(request: IncomingMessage, again: AnswerAgain): void;
}

/** The same for all connections. */
export interface RepeatedRequestsOptions {
  /** Whether the connection may be answered at once: nothing else waits on it. Counts the request if so. */
  mayAnswer(socket: Socket): boolean;
  /** Who asks, by the address of the other end; the same object until anything changes that is known of him. */
  ownerOf?(address: string): object | undefined;
}

/** Longer requests are parsed each time. Bytes, kept for each connection that asks a second time. */
const longest = 1_024;
/** Requests that did not come again, one after another, after which those of the connection are learned no more. */
const mostInVain = 8;
const blankLine = Buffer.from('\r\n\r\n');

interface Known {
  readonly bytes: KnownBytes;
  readonly again: AnswerAgain;
  /** It asks that the connection be closed. */
  readonly isLast: boolean;
}

/** Requests of one owner that are kept, each with its bytes. */
const mostOfOwner = 4;

/**
 * What each owner asked lately, as long as he is the same, for his next connections. Known to the address that it came
 * from alone, since its answer is decided for that one.
 */
export class LastRequests {
  readonly options: RepeatedRequestsOptions;
  /** The latest first. */
  readonly #known = new WeakMap<object, { readonly address: string; readonly requests: Known[] }>();

  constructor(options: RepeatedRequestsOptions) {
    this.options = options;
  }

  find({ remoteAddress = '' }: Socket, bytes: Buffer): Known | undefined {
    const owner = this.options.ownerOf?.(remoteAddress);
    const last = owner && this.#known.get(owner);
    if (last === undefined || last.address !== remoteAddress) {
      return undefined;
    }
    const { requests } = last;
    for (let at = 0; at < requests.length; at += 1) {
      const known = requests[at];
      if (known?.bytes.isSame(bytes)) {
        if (at > 0) {
          requests.splice(at, 1);
          requests.unshift(known);
        }
        return known;
      }
    }
    return undefined;
  }

  /** One that is kept already keeps its place; only how it is answered may be new. */
  keep({ remoteAddress = '' }: Socket, bytes: Buffer, known: Known): void {
    const owner = this.options.ownerOf?.(remoteAddress);
    if (owner === undefined) {
      return;
    }
    const last = this.#known.get(owner);
    if (last?.address !== remoteAddress) {
      this.#known.set(owner, { address: remoteAddress, requests: [known] });
      return;
    }
    const { requests } = last;
    const same = requests.findIndex((each) => each.bytes.isSame(bytes));
    requests.splice(same >= 0 ? same : mostOfOwner - 1, 1);
    requests.unshift(known);
  }
}

/**
 * The requests of one connection that need no parser. A client of IMDS asks the same for days, and the parser, from the
 * same state, makes the same of the same bytes: so where it took them for one whole request, and stands between two
 * requests again, it need not be asked.
 */
export class RepeatedRequests implements Repeats {
  readonly #socket: Socket;
  readonly #options: RepeatedRequestsOptions;
  readonly #last: LastRequests;
  #known: Known | undefined;
  /** The parser has read all it was given, as whole requests. */
  #isBetween = true;
  /** Of the bytes that are being parsed. */
  #asked = 0;
  #request: IncomingMessage | undefined;
  /** The parser says that the connection ends with `#request`. */
  #isLast = false;
  #offered: AnswerAgain | undefined;
  /** The last request was answered without the parser, which knows nothing of it. */
  #isOver = false;
  /** Learned since the last that came again. */
  #inVain = 0;

  constructor(socket: Socket, last: LastRequests) {
    this.#socket = socket;
    this.#options = last.options;
    this.#last = last;
  }

  /** False: each of its requests has bytes of its own, and to learn them costs and brings nothing. */
  get isLearning(): boolean {
    return this.#inVain < mostInVain;
  }

  /** To be called for each request that the parser makes. @param isLast the parser takes no other after it */
  note(request: IncomingMessage, isLast: boolean): void {
    this.#asked += 1;
    this.#request = request;
    this.#isLast = isLast;
    this.#offered = undefined;
  }

  offer(request: IncomingMessage, again: AnswerAgain): void {
    if (this.#request === request) {
      this.#offered = again;
    }
  }

  /** @returns true when the bytes were a request that is answered now; else they have to be parsed */
  answer(bytes: Buffer, startedAt: number): boolean {
    const socket = this.#socket;
    if (this.#isOver) {
      // As Node does with what comes after a request that was the last.
      socket.destroy();
      return true;
    }
    const known = this.#isBetween ? this.#knownAs(bytes) : undefined;
    if (
      known === undefined ||
      socket.writableLength > 0 ||
      socket.writableEnded ||
      !this.#options.mayAnswer(socket)
    ) {
      return false;
    }
    const text = answerOf(known, startedAt, socket);
    if (text === undefined) {
      this.#known = undefined;
      return false;
    }
    this.#inVain = 0;
    socket.write(text, 'latin1');
    if (known.isLast) {
      this.#isOver = true;
      socket.destroySoon();
    }
    if (socket.writableLength > 0) {
      // What comes now, though the client does not read, goes by way of the parser, which counts it.
      this.#isBetween = false;
    }
    return true;
  }

  #knownAs(bytes: Buffer): Known | undefined {
    return this.#known?.bytes.isSame(bytes) ? this.#known : this.#last.find(this.#socket, bytes);
  }

  /** To be called before bytes are parsed. */
  begin(): void {
    this.#asked = 0;
    this.#request = undefined;
    this.#offered = undefined;
  }

  /** Learns from what became of the bytes, when they have been parsed. */
  learn(bytes: Buffer): void {
    const wasBetween = this.#isBetween;
    const request: IncomingMessage | undefined = this.#request;
    const again: AnswerAgain | undefined = this.#offered;
    // A connection that rests keeps no more of a request than is known of it: a header may be long.
    this.#request = undefined;
    this.#offered = undefined;
    if (!this.isLearning) {
      // Where the parser stands is not looked at any more.
      this.#isBetween = false;
      return;
    }
    const isWhole = this.#asked === 1 && isPlain(request) && endsWithItsHeader(bytes);
    const isLast = this.#isLast;
    this.#isBetween = isWhole && !isLast;
    if (!isWhole || !wasBetween || again === undefined || bytes.length > longest) {
      return;
    }
    const known = { bytes: new KnownBytes(bytes), again, isLast };
    this.#last.keep(this.#socket, bytes, known);
    if (!isLast) {
      this.#inVain += 1;
      this.#known = this.isLearning ? known : undefined;
    }
  }
}

/** What it throws, it throws once more where the request is handled, and there a fault ends no process. */
function answerOf({ again, isLast }: Known, startedAt: number, socket: Socket): string | undefined {
  try {
    return again(startedAt, isLast, socket);
  } catch {
    return undefined;
  }
}

/** Nothing but its header belongs to it, and its connection stays as it is, or ends. */
function isPlain(request: IncomingMessage | undefined): boolean {
  if (request?.complete !== true || request.method !== 'GET' || request.httpVersion !== '1.1') {
    return false;
  }
  const { headers } = request;
  return (
    ['keep-alive', 'close'].includes(headers.connection?.toLowerCase() ?? 'keep-alive') &&
    headers.upgrade === undefined &&
    headers.expect === undefined &&
    headers['content-length'] === undefined &&
    headers['transfer-encoding'] === undefined
  );
}

/** Bytes shorter than the blank line end with the last of one, or with the first of the next request: not known which. */
function endsWithItsHeader(bytes: Buffer): boolean {
  const header = bytes.length - blankLine.length;
  return header >= 0 && bytes.indexOf(blankLine) === header;
}
