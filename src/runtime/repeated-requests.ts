import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { KnownBytes } from './known-bytes.ts';

/**
 * Answers a request that is known already. @param startedAt monotonic milliseconds
 * @returns the whole answer with its header, each character one byte; undefined where the request has to be parsed and
 * handled as any other
 */
export type AnswerAgain = (startedAt: number) => string | undefined;

/** Takes what is offered while a request is handled. */
export interface Repeats {
  /**
   * How this request is answered should it come again on this connection, byte for byte but for ids (`idHeaders`). What
   * it is answered with is decided each time; what is spared is to read it.
   */
  offer(request: IncomingMessage, again: AnswerAgain): void;
}

/** The same for all connections. */
export interface RepeatedRequestsOptions {
  /** Whether the connection may be answered at once: nothing else waits on it. Counts the request if so. */
  mayAnswer(socket: Socket): boolean;
  /** How long a client may leave an answer unread, in milliseconds. */
  readonly unreadMs: number;
}

/** Longer requests are parsed each time. Bytes, kept for each connection that asks a second time. */
const longest = 1_024;
/** Requests that did not come again, one after another, after which those of the connection are learned no more. */
const mostInVain = 8;
const blankLine = Buffer.from('\r\n\r\n');

interface Known {
  readonly bytes: KnownBytes;
  readonly again: AnswerAgain;
}

/**
 * The requests of one connection that need no parser. A client of IMDS asks the same for days, and the parser, from the
 * same state, makes the same of the same bytes: so where it took them for one whole request, and stands between two
 * requests again, it need not be asked.
 */
export class RepeatedRequests implements Repeats {
  readonly #socket: Socket;
  readonly #options: RepeatedRequestsOptions;
  #known: Known | undefined;
  /** The parser has read all it was given, as whole requests. */
  #isBetween = true;
  /** Of the bytes that are being parsed. */
  #asked = 0;
  #request: IncomingMessage | undefined;
  #offered: AnswerAgain | undefined;
  /** Learned since the last that came again. */
  #inVain = 0;

  constructor(socket: Socket, options: RepeatedRequestsOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** False: each of its requests has bytes of its own, and to learn them costs and brings nothing. */
  get isLearning(): boolean {
    return this.#inVain < mostInVain;
  }

  /** To be called for each request that the parser makes. */
  note(request: IncomingMessage): void {
    this.#asked += 1;
    this.#request = request;
    this.#offered = undefined;
  }

  offer(request: IncomingMessage, again: AnswerAgain): void {
    if (this.#request === request) {
      this.#offered = again;
    }
  }

  /** @returns true when the bytes were a request that is answered now; else they have to be parsed */
  answer(bytes: Buffer, startedAt: number): boolean {
    const known = this.#known;
    const socket = this.#socket;
    if (
      known === undefined ||
      !this.#isBetween ||
      !known.bytes.isSame(bytes) ||
      socket.writableLength > 0 ||
      socket.writableEnded ||
      !this.#options.mayAnswer(socket)
    ) {
      return false;
    }
    const text = known.again(startedAt);
    if (text === undefined) {
      this.#known = undefined;
      return false;
    }
    this.#inVain = 0;
    socket.write(text, 'latin1');
    if (socket.writableLength > 0) {
      // The client does not read; the next answer, by way of the parser, gives it the usual time again.
      this.#known = undefined;
      socket.setTimeout(this.#options.unreadMs);
    }
    return true;
  }

  /** To be called before bytes are parsed. */
  begin(): void {
    this.#asked = 0;
    this.#request = undefined;
    this.#offered = undefined;
  }

  /** Learns from what became of the bytes, when they have been parsed. */
  learn(bytes: Buffer): void {
    if (!this.isLearning) {
      return;
    }
    const wasBetween = this.#isBetween;
    const request: IncomingMessage | undefined = this.#request;
    const again: AnswerAgain | undefined = this.#offered;
    this.#isBetween = this.#asked === 1 && isPlain(request) && endsWithItsHeader(bytes);
    this.#request = undefined;
    if (this.#isBetween && wasBetween && again !== undefined && bytes.length <= longest) {
      this.#inVain += 1;
      this.#known = this.isLearning ? { bytes: new KnownBytes(bytes), again } : undefined;
    }
  }
}

/** Nothing but its header belongs to it, and its connection stays as it is. */
function isPlain(request: IncomingMessage | undefined): boolean {
  if (request?.complete !== true || request.method !== 'GET' || request.httpVersion !== '1.1') {
    return false;
  }
  const { headers } = request;
  return (
    (headers.connection === undefined || headers.connection.toLowerCase() === 'keep-alive') &&
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
