import type { Socket } from 'node:net';
import type { Clock } from '../domain/time/clock.ts';
import { createFairTurns, type Holder } from './fair-places.ts';
import type { RepeatedRequests } from './repeated-requests.ts';

export interface FairReadingOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Whose connection it is, by the address of its other end. */
  holderOf(address: string): Holder;
  /** More than this may no client send before it is answered. */
  readonly mostBytesAhead: number;
  /** The same over all connections of one holder; what was read together with it counts as well. */
  readonly mostBytesOfHolder: number;
  /** A connection was closed because more was sent ahead. */
  onClosed(): void;
}

/**
 * Shares the thread's time between those who ask. Everything that a connection brings goes through here to its
 * parser; who has used up its part of a turn of the event loop has the rest wait, unread, for a later one.
 */
export interface FairReading {
  /** Takes over what is read from a new connection; to be called when its parser listens already. */
  attach(socket: Socket, repeated?: RepeatedRequests): void;
}

/** Of one holder in one turn of the event loop, in milliseconds. A request takes some tens of microseconds. */
const turnMs = 1;
/** Of all that wait together, in one turn: in between, a newcomer is accepted and read, one connection a turn. */
const waitingMs = 2;
/** The same while connections come in: as many as wait to be accepted are as many turns. */
const acceptingMs = 0.2;
/** What else the thread did meanwhile is charged to whoever was last, who must not pay for it for long. */
const longestDebtMs = 5;
/** The parser gets what was read in pieces of so many bytes: by itself it makes thousands of requests of 64 KiB. */
const biteBytes = 1_024;
/** Who became known, or is known no more, has the share that goes with it after so long. */
const holderMs = 1_000;

export function createFairReading(options: FairReadingOptions): FairReading {
  return new Reading(options);
}

interface Source {
  readonly holder: Holder;
  /** Milliseconds of its part of this turn, and beyond it of the next ones. */
  usedMs: number;
  /** Connections whose bytes wait, in turns. */
  readonly waiting: Connection[];
  /** Of memory that these take. */
  waitingBytes: number;
}

interface Connection {
  readonly socket: Socket;
  readonly parsers: readonly ((bytes: Buffer) => void)[];
  readonly enders: readonly (() => void)[];
  readonly repeated: RepeatedRequests | undefined;
  holder: Holder | undefined;
  /** Until when the holder need not be looked up again. */
  holderUntilMs: number;
  /** What was read and not yet parsed. */
  rest: Buffer | undefined;
  /** Among whose it waits. */
  waitsIn: Source | undefined;
  /** The client sends no more; who listens for that is told when all is parsed. */
  hasEnded: boolean;
}

interface Current {
  readonly source: Source;
  readonly sinceMs: number;
}

class Reading implements FairReading {
  readonly #options: FairReadingOptions;
  /** Those that used time in the last turns, or wait. */
  readonly #sources = new Map<string, Source>();
  readonly #turns = createFairTurns();
  /** Whose work goes on; promises that it settled included, which run before the next is begun. */
  #current: Current | undefined;
  #isTurnEndDue = false;
  #isAccepting = false;

  constructor(options: FairReadingOptions) {
    this.#options = options;
  }

  attach(socket: Socket, repeated?: RepeatedRequests): void {
    const parsers = socket.listeners('data') as ((bytes: Buffer) => void)[];
    const enders = socket.listeners('end') as (() => void)[];
    const connection: Connection = {
      socket,
      parsers,
      enders,
      repeated,
      holder: undefined,
      holderUntilMs: 0,
      rest: undefined,
      waitsIn: undefined,
      hasEnded: false,
    };
    socket.removeAllListeners('data');
    socket.on('data', (bytes: Buffer) => this.#read(connection, bytes));
    socket.removeAllListeners('end');
    socket.on('end', end.bind(undefined, connection));
    // To accept it took time as well.
    this.#begin(connection);
    this.#isAccepting = true;
  }

  #read(connection: Connection, bytes: Buffer): void {
    if (connection.rest !== undefined) {
      this.#keep(connection, Buffer.concat([connection.rest, bytes]));
      return;
    }
    const current = this.#begin(connection);
    const { source } = current;
    const rest =
      source.waiting.length > 0 ? bytes : this.#parse(connection, current, { bytes, partMs: turnMs });
    if (rest !== undefined) {
      source.waiting.push(connection);
      connection.waitsIn = source;
      this.#keep(connection, rest);
    }
  }

  /** @returns what is left when the source has used up that part of this turn */
  #parse(
    connection: Connection,
    { source, sinceMs }: Current,
    { bytes, partMs }: { readonly bytes: Buffer; readonly partMs: number },
  ): Buffer | undefined {
    for (let at = 0; at < bytes.length && !connection.socket.destroyed; at += biteBytes) {
      if (isHeld(connection.socket)) {
        // It sent further requests while its answers pile up, as no client of IMDS does.
        this.#options.onClosed();
        connection.socket.destroy();
        break;
      }
      // What was just begun has used nothing yet.
      if ((at === 0 ? source.usedMs : this.#usedMs(source)) >= partMs) {
        return bytes.subarray(at);
      }
      handOn(connection, sinceMs, bytes.length <= biteBytes ? bytes : bytes.subarray(at, at + biteBytes));
    }
    return undefined;
  }

  #keep(connection: Connection, rest: Buffer): void {
    const { mostBytesAhead, mostBytesOfHolder, onClosed } = this.#options;
    setRest(connection, rest);
    if (rest.length > mostBytesAhead || (connection.waitsIn?.waitingBytes ?? 0) > mostBytesOfHolder) {
      setRest(connection, undefined);
      onClosed();
      connection.socket.destroy();
    } else {
      stopReading(connection.socket);
    }
  }

  #sourceOf(connection: Connection, nowMs: number): Source {
    let { holder } = connection;
    if (holder === undefined || nowMs >= connection.holderUntilMs) {
      holder = this.#options.holderOf(connection.socket.remoteAddress ?? '');
      connection.holder = holder;
      connection.holderUntilMs = nowMs + holderMs;
    }
    const known = this.#sources.get(holder.pod);
    if (known !== undefined) {
      return known;
    }
    const source = { holder, usedMs: 0, waiting: [], waitingBytes: 0 };
    this.#sources.set(holder.pod, source);
    return source;
  }

  #begin(connection: Connection): Current {
    const sinceMs = this.#settle();
    const current = { source: this.#sourceOf(connection, sinceMs), sinceMs };
    this.#current = current;
    this.#awaitTurnEnd();
    return current;
  }

  #awaitTurnEnd(): void {
    if (!this.#isTurnEndDue) {
      this.#isTurnEndDue = true;
      setImmediate(() => this.#endTurn());
    }
  }

  /** Charges what was done since the last beginning to whose it was. */
  #settle(): number {
    const nowMs = this.#options.clock.monotonic();
    if (this.#current !== undefined) {
      this.#current.source.usedMs += nowMs - this.#current.sinceMs;
      this.#current = undefined;
    }
    return nowMs;
  }

  #usedMs(source: Source): number {
    const current = this.#current;
    const runningMs = current?.source === source ? this.#options.clock.monotonic() - current.sinceMs : 0;
    return source.usedMs + runningMs;
  }

  /** After everything that this turn brought: each source gets its part of the next, and those that wait theirs. */
  #endTurn(): void {
    this.#isTurnEndDue = false;
    const beganMs = this.#settle();
    for (const [pod, source] of this.#sources) {
      source.usedMs = Math.max(0, Math.min(source.usedMs - turnMs, longestDebtMs));
      if (source.usedMs === 0 && source.waiting.length === 0) {
        this.#sources.delete(pod);
      }
    }
    const forAllMs = this.#isAccepting ? acceptingMs : waitingMs;
    this.#isAccepting = false;
    const partMs = Math.min(turnMs, forAllMs);
    for (;;) {
      const next = this.#nextSource(partMs);
      if (next === undefined || this.#options.clock.monotonic() - beganMs >= forAllMs) {
        break;
      }
      this.#serve(next, partMs);
    }
    if (this.#sources.size === 0) {
      this.#turns.forget();
    } else {
      this.#awaitTurnEnd();
    }
  }

  #nextSource(partMs: number): Source | undefined {
    let best: Source | undefined;
    for (const source of this.#sources.values()) {
      const mayRun = source.waiting.length > 0 && this.#usedMs(source) < partMs;
      if (mayRun && (best === undefined || this.#turns.isBefore(source.holder, best.holder))) {
        best = source;
      }
    }
    return best;
  }

  /** One of its connections, as far as it comes. */
  #serve(source: Source, partMs: number): void {
    const current = { source, sinceMs: this.#settle() };
    this.#current = current;
    this.#awaitTurnEnd();
    this.#turns.take(source.holder);
    const connection = source.waiting.shift();
    const { rest: bytes } = connection ?? {};
    if (connection === undefined || bytes === undefined) {
      return;
    }
    const { destroyed } = connection.socket;
    setRest(connection, destroyed ? undefined : this.#parse(connection, current, { bytes, partMs }));
    if (connection.rest !== undefined) {
      source.waiting.push(connection);
    } else if (connection.hasEnded) {
      // The answers to what was parsed just now are on their way: at the end, Node sends no more.
      setImmediate(end, connection);
    } else {
      readOn(connection.socket);
    }
  }
}

/** To be answered at once where that may be, else to the parser. */
function handOn({ socket, parsers, repeated }: Connection, startedAt: number, bytes: Buffer): void {
  if (repeated?.answer(bytes, startedAt)) {
    return;
  }
  repeated?.begin();
  for (const parser of parsers) {
    parser.call(socket, bytes);
  }
  repeated?.learn(bytes);
}

function setRest(connection: Connection, rest: Buffer | undefined): void {
  if (connection.waitsIn !== undefined) {
    connection.waitsIn.waitingBytes += sizeOf(rest) - sizeOf(connection.rest);
  }
  connection.rest = rest;
}

/** The last byte of what was read keeps all of it in memory. */
function sizeOf(rest: Buffer | undefined): number {
  return rest?.buffer.byteLength ?? 0;
}

/** Node reads the end of a connection even where it is stopped, and ends the connection when it is told. */
function end(connection: Connection): void {
  connection.hasEnded = true;
  if (connection.rest === undefined && !connection.socket.destroyed) {
    for (const ender of connection.enders) {
      ender.call(connection.socket);
    }
  }
}

/**
 * Stops at once: a paused stream goes on to read into its buffer until that is full. For that it would start the handle
 * again, which it takes to be reading still.
 */
function stopReading(socket: Socket): void {
  socket.pause();
  const handle = handleOf(socket);
  if (handle) {
    handle.reading = true;
    handle.readStop();
  }
}

/** Where the parser has stopped the reading itself, since answers pile up, this waits until it goes on. */
function readOn(socket: Socket): void {
  if (socket.destroyed) {
    return;
  }
  if (isHeld(socket)) {
    socket.once('resume', readOn.bind(undefined, socket));
    return;
  }
  socket.resume();
  const handle = handleOf(socket);
  if (handle) {
    handle.reading = true;
    handle.readStart();
  }
}

/**
 * Node's parser takes no bytes while so much is left to be sent on the connection: it has paused the socket, and an
 * assertion of its own, which would end the process, holds that none come.
 */
function isHeld(socket: Socket): boolean {
  return (socket as Socket & { readonly _paused?: boolean })._paused === true;
}

function handleOf(socket: Socket) {
  return (socket as unknown as { _handle?: { reading: boolean; readStart(): void; readStop(): void } | null })
    ._handle;
}
