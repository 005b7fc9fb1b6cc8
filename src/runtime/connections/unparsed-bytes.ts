import type { Socket } from 'node:net';
import type { Holder } from '../fair-places.ts';
import type { RepeatedRequests } from './repeated-requests.ts';

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

/** What a connection brought and its parser has not seen yet. */
export interface Connection {
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

/** To be answered at once where that may be, else to the parser. */
export function handOn({ socket, parsers, repeated }: Connection, startedAt: number, bytes: Buffer): void {
  if (repeated?.answer(bytes, startedAt)) {
    return;
  }
  repeated?.begin();
  for (const parser of parsers) {
    parser.call(socket, bytes);
  }
  repeated?.learn(bytes);
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
    for (const ender of connection.enders) {
      ender.call(connection.socket);
    }
  }
}
