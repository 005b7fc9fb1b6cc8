import type { Socket } from 'node:net';
import type { Holder } from '../fair-places.ts';

/** Whose connections share one part of each turn of the event loop. */
export interface Source {
  readonly holder: Holder;
  /** Milliseconds of its part of this turn, and beyond it of the next ones. */
  usedMs: number;
  /** Connections whose bytes wait, in turns. */
  readonly waiting: Connection[];
  /** Of memory that these take. */
  waitingBytes: number;
}

/** Who gets what a connection brings. */
export interface Reader {
  /** @param startedAt monotonic milliseconds */
  read(bytes: Buffer, startedAt: number): void;
  /** The client sends no more. */
  end(): void;
}

/** What a connection brought and its parser has not seen yet. */
export interface Connection {
  readonly socket: Socket;
  readonly reader: Reader;
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

/** Keeps what is left, and counts the memory that it takes. */
export function setRest(connection: Connection, rest: Buffer | undefined): void {
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
export function end(connection: Connection): void {
  connection.hasEnded = true;
  if (connection.rest === undefined && !connection.socket.destroyed) {
    connection.reader.end();
  }
}
