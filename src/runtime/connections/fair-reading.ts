import type { Socket } from 'node:net';
import type { Clock } from '../../domain/time/clock.ts';
import { createFairTurns, type Holder } from '../fair-places.ts';
import { isHeld, readOn, stopReading } from './socket-reading.ts';
import { type Connection, end, type Reader, type Source, setRest } from './unparsed-bytes.ts';

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
  /** Reads a new connection, and hands on what it brings when its turn has come. */
  attach(socket: Socket, reader: Reader): void;
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

  attach(socket: Socket, reader: Reader): void {
    const connection: Connection = {
      socket,
      reader,
      holder: undefined,
      holderUntilMs: 0,
      rest: undefined,
      waitsIn: undefined,
      hasEnded: false,
    };
    socket.on('data', (bytes: Buffer) => this.#read(connection, bytes));
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
      const bite = bytes.length <= biteBytes ? bytes : bytes.subarray(at, at + biteBytes);
      connection.reader.read(bite, sinceMs);
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
