import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, vi } from 'vitest';
import { createHttpServer } from '../../../src/runtime/http-server.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const known = 'GET /known HTTP/1.1\r\nHost: x\r\n\r\n';
const last = 'GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const half = known.slice(0, 9);

/** Each with a parser of Node's, without, or with one that comes late. */
const clients: Readonly<Record<string, (socket: Socket) => void>> = {
  'is reset at once': (socket) => socket.resetAndDestroy(),
  'is reset behind a request': (socket) => socket.write(known, () => socket.resetAndDestroy()),
  'is reset behind its answer': (socket) => {
    socket.write(known);
    socket.once('data', () => socket.resetAndDestroy());
  },
  'ends with a request': (socket) => socket.end(known),
  'ends with its last request': (socket) => socket.end(last),
  'ends within a request': (socket) => socket.end(half),
  'ends without any': (socket) => socket.end(),
  'asks twice at once, and rests': (socket) => socket.write(known + known),
  'stops within the first request': (socket) => socket.write(half),
  'sends a line end alone': (socket) => socket.write('\r\n'),
  'sends no HTTP': (socket) => socket.write('hello\r\n\r\n'),
  'asks for a tunnel': (socket) => socket.write('CONNECT a:1 HTTP/1.1\r\nHost: x\r\n\r\n'),
  'announces a body and sends none': (socket) =>
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n'),
  'breaks off in a body in chunks': (socket) =>
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
  'stops within the second request': (socket) => socket.write(known + half),
  'stops within the request after its answer': (socket) => {
    socket.write(known);
    socket.once('data', () => socket.write(half));
  },
  'goes on behind its last request': (socket) => socket.write(last + known),
  'goes on behind its last answer': (socket) => {
    socket.write(last);
    socket.once('data', () => socket.write(known));
  },
  'says nothing': () => undefined,
  'asks without end and reads nothing': (socket) => {
    socket.pause();
    for (let at = 0; at < 300; at += 1) {
      socket.write(known);
    }
  },
};

it('leaves no connection and no fault, however clients end or do not', async () => {
  const faults: unknown[] = [];
  const owner = {};
  const server = createHttpServer({
    limits: {
      headerBytes: 16_384,
      connections: 1_000,
      connectionsPerPeer: 1_000,
      requestMs: 1_000,
      idleMs: 500,
    },
    clock: systemClock(),
    ownerOf: () => owner,
    handle(request, response, repeats) {
      response.end('ok');
      repeats?.offer(request, () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    },
    onFault: (error) => faults.push(error),
  });
  const port = await server.listen('127.0.0.1', 0);
  const sockets: Socket[] = [];
  try {
    // The first of a kind is parsed, and those after it may be known.
    for (let round = 0; round < 8; round += 1) {
      for (const talk of Object.values(clients)) {
        // Every other client leaves its own side open when the server has closed.
        const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: round % 2 === 1 });
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.resume();
        await once(socket, 'connect');
        talk(socket);
      }
    }
    await vi.waitFor(() => expect(server.connections).toBe(0), { timeout: 50_000 });
    expect(faults).toEqual([]);
  } finally {
    for (const socket of sockets) {
      socket.destroy();
    }
    await server.close();
  }
});
