import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../domain/time/clock.ts';
import {
  type ConnectionShareLimits,
  type ConnectionShares,
  createConnectionShares,
  type OpenConnection,
} from './connections/connection-shares.ts';
import { createFairReading, type FairReading } from './connections/fair-reading.ts';
import { connectionOf, HttpConnection } from './connections/http-connection.ts';
import { LastRequests, type Repeats } from './connections/repeated-requests.ts';
import { createPeers, type NamespaceOfPeer, type UnknownPeers } from './fair-places.ts';
import { faultOf, mostHeaders, refuseMalformed } from './refuse-malformed.ts';

export interface HttpLimits extends ConnectionShareLimits {
  readonly headerBytes: number;
  /**
   * From the first byte of a request to the last of its headers, and of its body; and as long a client may
   * leave an answer unread.
   */
  readonly requestMs: number;
  readonly idleMs: number;
}

export interface HttpServerOptions {
  readonly limits: HttpLimits;
  /** Without: every address has a share of its own. */
  readonly unknownPeers?: UnknownPeers;
  readonly namespaceOf?: NamespaceOfPeer;
  /**
   * Who asks, by the address that his socket tells; the same object until anything changes that is known of him. What
   * he asks on connections that end with it is known on his next one. Without: it is known on no other.
   */
  ownerOf?(address: string): object | undefined;
  readonly clock: Clock;
  /** Must answer, or destroy the response. What it throws becomes a bare 500. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    repeats: Repeats | undefined,
  ): void | Promise<void>;
  /** A bug: `handle` threw. */
  onFault(error: unknown): void;
  /**
   * A connection was closed because its peer, or everybody, has too many, or because too many requests wait
   * on it.
   */
  onRefusedConnection?(): void;
}

export interface HttpServer {
  /** @returns the port, which the system chose when 0 was asked for */
  listen(address: string, port: number): Promise<number>;
  /** True from `drain` on: every answer says that its connection ends with it. */
  readonly draining: boolean;
  readonly inFlight: number;
  readonly connections: number;
  /**
   * Goes on accepting and answering, until nothing was under way and nobody connected for `idleMs`, or `mostMs` are
   * over; then closes, and gives those that have just connected `idleMs` to ask. Closing the listener first would break
   * the clients that are about to reuse a connection.
   */
  drain(times: { readonly idleMs: number; readonly mostMs: number }): Promise<void>;
  /** Resets the connections that `isLost` picks, whatever is under way on them. */
  reset(isLost: (connection: OpenConnection) => boolean): void;
  close(): Promise<void>;
}

/** So much of its answers may wait on a connection before no more of it is read. */
const unsentBytes = 16 * 1024;

/** One handler on any number of addresses, with a limit on everything a client can make it hold. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  return new LimitedServer(options);
}

class LimitedServer implements HttpServer {
  draining = false;
  inFlight = 0;
  readonly #options: HttpServerOptions;
  readonly #servers: Server[] = [];
  readonly #shares: ConnectionShares;
  readonly #reading: FairReading;
  readonly #last: LastRequests;
  #lastBusyAt: number;

  constructor(options: HttpServerOptions) {
    const { limits, unknownPeers, namespaceOf, ownerOf, clock } = options;
    this.#options = options;
    const peers = createPeers(unknownPeers, namespaceOf);
    this.#shares = createConnectionShares({
      limits,
      peers,
      connectionsOfUnknownPeers: unknownPeers?.connections,
      clock,
      onClosed: () => options.onRefusedConnection?.(),
    });
    this.#reading = createFairReading({
      clock,
      holderOf: peers.holderOf,
      mostBytesAhead: 2 * limits.headerBytes,
      mostBytesOfHolder: 64 * limits.headerBytes,
      onClosed: () => options.onRefusedConnection?.(),
    });
    this.#last = new LastRequests({
      mayAnswer: (socket) => !this.draining && this.#shares.answerAtOnce(socket),
      ...(ownerOf === undefined ? {} : { ownerOf }),
    });
    this.#lastBusyAt = clock.monotonic();
  }

  get connections(): number {
    return this.#shares.size;
  }

  listen(address: string, port: number): Promise<number> {
    const { limits } = this.#options;
    const server = createServer({
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.idleMs,
      connectionsCheckingInterval: 1_000,
      noDelay: true,
      // 64 KiB by default since Node 22: so much would be kept for each client that does not read.
      highWaterMark: unsentBytes,
      // What Node answers by itself is counted by nobody.
      requireHostHeader: false,
    });
    // Node leaves out what exceeds the number, without a word: one more than may be says that there are too many.
    server.maxHeadersCount = mostHeaders + 1;
    server.timeout = limits.requestMs;
    server.on('timeout', (socket) => {
      if (this.#shares.isStuck(socket)) {
        socket.destroy();
      }
    });
    server.on('request', (request, response) => this.#serve(request, response));
    // A client that waits for 100-continue has a body to send, and nobody here wants one.
    server.on('checkContinue', (request, response) => this.#serve(request, response));
    server.on('checkExpectation', (request, response) => this.#serve(request, response));
    this.#attachFairly(server);
    server.on('clientError', (error, socket) => refuseMalformed(error, socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address === '' ? undefined : address, port }, () => {
        server.off('error', reject);
        server.on('error', (error) => this.#options.onFault(error));
        this.#servers.push(server);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  async drain({ idleMs, mostMs }: { idleMs: number; mostMs: number }): Promise<void> {
    const { clock } = this.#options;
    const began = clock.monotonic();
    this.draining = true;
    this.#lastBusyAt = began;
    const never = new AbortController().signal;
    for (let leftMs = mostMs; leftMs > 0; leftMs = began + mostMs - clock.monotonic()) {
      const idleForMs = this.inFlight > 0 ? 0 : clock.monotonic() - this.#lastBusyAt;
      if (idleForMs >= idleMs) {
        break;
      }
      await clock.sleep(Math.max(1, Math.min(idleMs - idleForMs, leftMs)), never);
    }
    await this.#stop(clock.sleep(idleMs, never));
  }

  reset(isLost: (connection: OpenConnection) => boolean): void {
    this.#shares.reset(isLost);
  }

  close(): Promise<void> {
    return this.#stop(Promise.resolve());
  }

  /** Node itself ends the connections on which nothing is under way; one on which nobody has asked yet is not of these. */
  async #stop(grace: Promise<void>): Promise<void> {
    const servers = this.#servers.splice(0);
    const closed = Promise.all(
      servers.map((server) => new Promise<void>((resolve) => void server.close(() => resolve()))),
    );
    this.#shares.close((socket) => isUnparsed(socket) && connectionOf(socket)?.isIdle === true);
    await Promise.race([closed, grace]);
    for (const server of servers) {
      server.closeAllConnections();
    }
    this.#shares.close(isUnparsed);
    await closed;
  }

  /** Node's parser comes when it is needed; to a connection that is refused it never does. */
  #attachFairly(server: Server): void {
    const { requestMs, idleMs } = this.#options.limits;
    const parsers = server.listeners('connection') as ((socket: Socket) => void)[];
    server.removeAllListeners('connection');
    const parse = (socket: Socket): void => {
      for (const attach of parsers) {
        attach.call(server, socket);
      }
    };
    const options = { last: this.#last, parse, requestMs, idleMs };
    server.on('connection', (socket) => {
      this.#wasBusy();
      if (this.#shares.admit(socket)) {
        this.#reading.attach(socket, new HttpConnection(socket, options));
      }
    });
  }

  #wasBusy(): void {
    if (this.draining) {
      this.#lastBusyAt = this.#options.clock.monotonic();
    }
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const repeated = connectionOf(request.socket)?.repeated;
    repeated?.note(request, !response.shouldKeepAlive);
    const ended = this.#shares.begin(request.socket);
    if (ended === undefined || repeated === undefined) {
      return;
    }
    response.once('close', ended);
    const fault = faultOf(request);
    if (fault !== undefined) {
      response.writeHead(fault, { 'Content-Length': 0, Connection: 'close' }).end();
      return;
    }
    if (this.draining) {
      // The client opens its next connection elsewhere, in time.
      response.setHeader('Connection', 'close');
    }
    this.inFlight += 1;
    try {
      const done = this.#options.handle(request, response, repeated.isLearning ? repeated : undefined);
      if (done === undefined) {
        this.#leave();
      } else {
        done.catch((error: unknown) => this.#fail(error, response)).finally(() => this.#leave());
      }
    } catch (error) {
      this.#fail(error, response);
      this.#leave();
    }
  }

  #leave(): void {
    this.inFlight -= 1;
    this.#wasBusy();
  }

  #fail(error: unknown, response: ServerResponse): void {
    this.#options.onFault(error);
    if (response.headersSent) {
      response.destroy();
    } else {
      response.writeHead(500, { 'Content-Length': 0, Connection: 'close' }).end();
    }
  }
}

/** Node knows nothing of the connection yet. */
function isUnparsed(socket: Socket): boolean {
  return connectionOf(socket)?.isParsed === false;
}
