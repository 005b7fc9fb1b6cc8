import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.ts';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/runtime/http-server.ts';

const limits = { headerBytes: 2_048, requestMs: 300, idleMs: 5_000, connections: 6, connectionsPerPeer: 4 };
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

async function started(options: Partial<HttpServerOptions> = {}) {
  const faults: unknown[] = [];
  let refused = 0;
  const server: HttpServer = createHttpServer({
    limits,
    clock: systemClock(),
    handle: (_request, response) => void response.end('ok'),
    onFault: (error) => faults.push(error),
    onRefusedConnection: () => {
      refused += 1;
    },
    ...options,
  });
  const port = await server.listen('127.0.0.1', 0);
  cleanUps.push(() => server.close());
  const open = (from = '127.0.0.1'): Socket => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    socket.on('error', () => undefined);
    cleanUps.push(() => void socket.destroy());
    return socket;
  };
  return { server, port, open, faults, refused: () => refused };
}

const request = (headers = '') => `GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

describe('a server with limits', () => {
  it('gives no peer more connections than its share, and all no more than there are', async () => {
    const { server, open, refused } = await started();
    const sockets = [...Array(6)].map(() => open('127.0.0.2'));
    await Promise.all(sockets.slice(4).map((socket) => once(socket, 'close')));
    expect([server.connections, refused()]).toEqual([4, 2]);
    const others = [...Array(3)].map(() => open('127.0.0.3'));
    await once(others[2] as Socket, 'close');
    expect([server.connections, refused()]).toEqual([6, 3]);
    sockets[0]?.destroy();
    while (server.connections > 5) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const again = open('127.0.0.2');
    again.write(request('Connection: close\r\n'));
    expect(await text(again)).toContain('200 OK');
  });

  it.each([
    ['too large a header', request(`X: ${'x'.repeat(3_000)}\r\n`), '431'],
    ['no HTTP', 'hello\r\n\r\n', '400'],
    ['two lengths', request('Content-Length: 1\r\nContent-Length: 2\r\n'), '400'],
    ['a length and chunks', request('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'), '400'],
  ])('refuses %s', async (_title, bytes, status) => {
    const { open } = await started();
    const socket = open();
    socket.write(bytes);
    expect(await text(socket)).toContain(`HTTP/1.1 ${status}`);
  });

  it('waits no longer for the headers than it says', async () => {
    const { open } = await started();
    const socket = open();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
    expect(await text(socket)).toContain('408');
  });

  it('answers 500 for a fault of its own, and goes on', async () => {
    const { open, faults } = await started({ handle: () => Promise.reject(new Error('bug')) });
    const socket = open();
    socket.write(request());
    expect(await text(socket)).toContain('HTTP/1.1 500');
    expect(faults).toHaveLength(1);
  });
});

describe('a server that drains', () => {
  it('goes on accepting, finishes what is under way, and closes when nothing was for a while', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let server: HttpServer | undefined;
    const world = await started({
      handle: async (incoming, response) => {
        if (incoming.url === '/slow') {
          await held;
        }
        response.end(server?.draining ? 'draining' : 'ok');
      },
    });
    server = world.server;
    const slow = world.open();
    slow.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    while (world.server.inFlight < 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const drained = world.server.drain({ idleMs: 50, mostMs: 10_000 });
    const late = world.open();
    late.write(request('Connection: close\r\n'));
    expect(await text(late)).toContain('draining');
    release();
    expect(await text(slow)).toContain('draining');
    await drained;
    const refused = world.open();
    await expect(once(refused, 'connect')).rejects.toThrow(/ECONNREFUSED/);
  });

  it('waits for no request longer than it may', async () => {
    const { server, open } = await started({ handle: () => new Promise<void>(() => undefined) });
    open().write(request());
    while (server.inFlight < 1) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    const began = performance.now();
    await server.drain({ idleMs: 10, mostMs: 200 });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});
