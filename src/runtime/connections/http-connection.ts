import type { Socket } from 'node:net';
import { refuseMalformed } from '../refuse-malformed.ts';
import { type LastRequests, RepeatedRequests } from './repeated-requests.ts';
import { isStopped } from './socket-reading.ts';
import type { Reader } from './unparsed-bytes.ts';

/** The same for all connections that a server of Node's accepts. */
export interface HttpConnectionOptions {
  readonly last: LastRequests;
  /** Gives the connection to Node's parser, with its listeners and times. */
  parse(socket: Socket): void;
  /** For how long a client may take to ask, and may leave an answer unread, in milliseconds. */
  readonly requestMs: number;
  /** For how long a connection is kept when it was answered. */
  readonly idleMs: number;
}

/** Node keeps a connection longer by so much than it says, for the client that asks at the last moment. */
const lateMs = 1_000;
const connection = Symbol('connection');
type OwnSocket = Socket & { [connection]?: HttpConnection };

export function connectionOf(socket: Socket): HttpConnection | undefined {
  return (socket as OwnSocket)[connection];
}

/**
 * A connection that has Node's parser only from the first bytes on that the parser has to read: one that brings nothing
 * but requests that are known by their bytes never has it, and costs what a parser costs less. Until then Node knows
 * nothing of it, so that its times are held here, and its end is this file's.
 */
export class HttpConnection implements Reader {
  readonly repeated: RepeatedRequests;
  readonly #socket: Socket;
  readonly #options: HttpConnectionOptions;
  #parser: Parser | undefined;
  #wasAnswered = false;
  /** An answer is not read yet, and nothing came behind it. */
  #isUnread = false;

  constructor(socket: Socket, options: HttpConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.repeated = new RepeatedRequests(socket, options.last);
    (socket as OwnSocket)[connection] = this;
    socket.on('error', ignore);
    socket.on('timeout', endInTime);
    socket.setTimeout(options.requestMs);
  }

  get isParsed(): boolean {
    return this.#parser !== undefined;
  }

  /** Nothing is under way, and something was. */
  get isIdle(): boolean {
    return this.#wasAnswered;
  }

  read(bytes: Buffer, startedAt: number): void {
    const { repeated } = this;
    if (repeated.answer(bytes, startedAt)) {
      this.#keep();
      return;
    }
    const parser = this.#parsing();
    this.#isUnread = false;
    repeated.begin();
    for (const read of parser.read) {
      read.call(this.#socket, bytes);
    }
    repeated.learn(bytes);
  }

  end(): void {
    if (this.#parser === undefined) {
      // As Node does, of whose parser nothing was wanted.
      this.#socket.end();
      return;
    }
    for (const end of this.#parser.end) {
      end.call(this.#socket);
    }
  }

  /** Nothing came and nothing left for the time that was set. */
  timeOut(): void {
    if (this.#parser !== undefined || isStopped(this.#socket)) {
      return;
    }
    if (this.#wasAnswered || this.#socket.writableEnded) {
      this.#socket.destroy();
    } else {
      refuseMalformed(new RequestTimeout(), this.#socket);
    }
  }

  #parsing(): Parser {
    if (this.#parser === undefined) {
      this.#parser = attachParser(this.#socket, this.#options.parse);
    }
    return this.#parser;
  }

  /** As after an answer of Node's. */
  #keep(): void {
    if (this.#socket.writableLength > 0) {
      this.#awaitRead();
    } else if (this.#parser === undefined && !this.#wasAnswered) {
      this.#rest();
    }
    this.#wasAnswered = true;
  }

  #awaitRead(): void {
    this.#socket.setTimeout(this.#options.requestMs);
    if (!this.#socket.writableEnded) {
      this.#isUnread = true;
      // Called when all before it has left.
      this.#socket.write('', () => {
        if (this.#isUnread && !this.#socket.destroyed) {
          this.#isUnread = false;
          this.#rest();
        }
      });
    }
  }

  #rest(): void {
    this.#socket.setTimeout(this.#options.idleMs + lateMs);
  }
}

class RequestTimeout extends Error {
  readonly code = 'ERR_HTTP_REQUEST_TIMEOUT';
}

/** What Node's parser listens to, called in its place. */
interface Parser {
  readonly read: readonly Listener[];
  readonly end: readonly Listener[];
}

type Listener = (this: Socket, bytes?: Buffer) => void;

/** @param parse has the parser listen to the socket; others that listen there go on alone */
export function attachParser(socket: Socket, parse: (socket: Socket) => void): Parser {
  const readers = socket.listeners('data') as Listener[];
  const enders = socket.listeners('end') as Listener[];
  parse(socket);
  const parser = {
    read: takeListeners(socket, 'data', readers),
    end: takeListeners(socket, 'end', enders),
  };
  // Node's parser reads by itself, past all who listen, until one begins to.
  for (const reader of readers) {
    socket.off('data', reader);
    socket.on('data', reader);
  }
  return parser;
}

function takeListeners(socket: Socket, event: string, others: readonly Listener[]): Listener[] {
  const taken = (socket.listeners(event) as Listener[]).filter((each) => !others.includes(each));
  for (const each of taken) {
    socket.off(event, each);
  }
  return taken;
}

/** What fails is closed by Node. */
function ignore(): void {}

function endInTime(this: Socket): void {
  connectionOf(this)?.timeOut();
}
