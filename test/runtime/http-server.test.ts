import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer, type HttpServerOptions } from '../../src/runtime/http-server.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

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

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) {
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Whether in order or by a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
  });
}

/** Opens connections, and resets them as soon as they are. */
const resetting = `
  for (let at = 0; at < 20; at += 1) {
    const socket = require('node:net').connect(Number(process.argv[1]), '127.0.0.1');
    socket.once('connect', () => socket.resetAndDestroy());
  }
`;
const request = (headers = '') => `GET / HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;

describe('a server with limits', () => {
  it('gives no peer more connections than its share', async () => {
    const { server, open, refused } = await started();
    const sockets = [...Array(6)].map(() => open('127.0.0.2'));
    await Promise.all(sockets.slice(4).map((socket) => closed(socket)));
    expect([server.connections, refused()]).toEqual([4, 2]);
    sockets[0]?.destroy();
    await until(() => server.connections === 3);
    const again = open('127.0.0.2');
    again.write(request('Connection: close\r\n'));
    expect(await text(again)).toContain('200 OK');
  });

  it('closes the longest idle connection of whoever has most when a newcomer finds every place taken', async () => {
    const { server, open, refused } = await started();
    const greedy: Socket[] = [];
    for (const from of ['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3']) {
      greedy.push(open(from));
      await until(() => server.connections === greedy.length);
    }
    greedy[0]?.write(request());
    await once(greedy[0] as Socket, 'data');
    const second = closed(greedy[1] as Socket);
    const newcomer = open('127.0.0.4');
    newcomer.write(request());
    expect(String(await once(newcomer, 'data'))).toContain('200 OK');
    await second;
    expect([server.connections, refused()]).toEqual([6, 1]);
    greedy[0]?.write(request('Connection: close\r\n'));
    expect(await text(greedy[0] as Socket)).toContain('200 OK');
  });

  it('closes nothing for connections whose other end is gone already', async () => {
    const { server, port, open, refused } = await started();
    for (const from of ['127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.2', '127.0.0.3', '127.0.0.3']) {
      open(from);
    }
    await until(() => server.connections === 6);
    // Nothing is accepted meanwhile.
    execFileSync(process.execPath, ['-e', resetting, `${port}`]);
    const last = open('127.0.0.4');
    last.write(request('Connection: close\r\n'));
    expect(await text(last)).toContain('200 OK');
    expect(refused()).toBe(1);
  });

  it('closes a connection that goes on asking while its answers pile up, and goes on for others', async () => {
    const { open, refused } = await started({
      limits: { ...limits, headerBytes: 16_384, connectionsPerPeer: 50 },
      handle: ({ url }, response) => void (url === '/slow' || response.end('y'.repeat(6_000))),
    });
    const socket = open();
    const padded = request(`X: ${'x'.repeat(1_100)}\r\n`);
    socket.write(request().replace('/', '/slow') + padded.repeat(7));
    await closed(socket);
    expect(refused()).toBe(1);
    const other = open();
    other.write(request('Connection: close\r\n'));
    expect(await text(other)).toContain('200 OK');
  });

  it('spares a connection on which an answer is under way as long as there is an idle one', async () => {
    let release: () => void = () => undefined;
    const { server, open } = await started({
      limits: { ...limits, connections: 2 },
      handle: (incoming, response) => {
        release = () => void response.end('late');
        return incoming.url === '/' ? release() : undefined;
      },
    });
    const working = open('127.0.0.2');
    working.write('GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    await until(() => server.connections === 1);
    const idle = open('127.0.0.2');
    await until(() => server.connections === 2);
    const slow = release;
    open('127.0.0.3');
    await closed(idle);
    slow();
    expect(await text(working)).toContain('late');
  });

  it('gives all strangers together one share, and takes nothing of it from who is known', async () => {
    const known = new Set(['127.0.0.9']);
    const { server, open } = await started({
      unknownPeers: { connections: 2, isUnknownPeer: (address) => !known.has(address) },
    });
    const first = open('127.0.0.2');
    await until(() => server.connections === 1);
    open('127.0.0.3');
    await until(() => server.connections === 2);
    const pods = [...Array(4)].map(() => open('127.0.0.9'));
    await until(() => server.connections === 6);
    const gone = closed(first);
    const third = open('127.0.0.4');
    third.write(request('Connection: close\r\n'));
    await gone;
    expect(await text(third)).toContain('200 OK');
    expect(pods.every((socket) => !socket.destroyed)).toBe(true);
  });

  it('frees the share of the strangers when one of them becomes known', async () => {
    const known = new Set<string>();
    const { server, open } = await started({
      unknownPeers: { connections: 1, isUnknownPeer: (address) => !known.has(address) },
    });
    const first = open('127.0.0.2');
    await until(() => server.connections === 1);
    known.add('127.0.0.2');
    open('127.0.0.3');
    await until(() => server.connections === 2);
    first.write(request('Connection: close\r\n'));
    expect(await text(first)).toContain('200 OK');
  });

  it.each([
    ['requests', request()],
    ['requests with an odd expectation', request('Expect: the-odd\r\n')],
    ['requests without a host', 'GET / HTTP/1.1\r\n\r\n'],
  ])('holds no thousands of %s for one connection', async (_title, one) => {
    let asked = 0;
    const { server, open, refused } = await started({
      limits: { ...limits, requestMs: 30_000 },
      handle: () => {
        asked += 1;
      },
    });
    const socket = open();
    socket.write(request() + one.repeat(5_000));
    await closed(socket);
    await until(() => server.connections === 0);
    expect(asked).toBeLessThanOrEqual(8);
    expect(refused()).toBe(1);
  });

  it('lets no more requests of one address wait than it may have connections', async () => {
    let asked = 0;
    const { open } = await started({
      handle: () => {
        asked += 1;
      },
    });
    const one = open('127.0.0.2');
    one.write(request().repeat(4));
    await until(() => asked === 4);
    const other = open('127.0.0.2');
    other.write(request());
    await closed(other);
    expect(asked).toBe(4);
    one.destroy();
    await closed(one);
    await until(async () => {
      const again = open('127.0.0.2');
      again.write(request());
      await Promise.race([closed(again), until(() => asked === 5)]);
      return asked === 5;
    });
  });

  it('lets go of a client that does not read its answer', async () => {
    const { server, open } = await started({
      handle: (_request, response) => void response.end('x'.repeat(30_000_000)),
    });
    const socket = open();
    socket.pause();
    socket.write(request());
    await until(() => server.connections === 1);
    await until(() => server.connections === 0);
  });

  it('lets a request take longer than a client may take to read', async () => {
    let end: () => void = () => undefined;
    const { server, open } = await started({
      limits: { ...limits, requestMs: 50 },
      handle: (_request, response) =>
        new Promise<void>((resolve) => {
          end = () => {
            response.end('late');
            resolve();
          };
        }),
    });
    const socket = open();
    socket.write(request('Connection: close\r\n'));
    await until(() => server.inFlight === 1);
    await new Promise((resolve) => setTimeout(resolve, 200));
    end();
    expect(await text(socket)).toContain('late');
  });

  it.each([
    { before: 97, sees: '10.0.0.1', says: '200' },
    { before: 98, sees: undefined, says: '431' },
    { before: 2_100, sees: undefined, says: '431' },
  ])('overlooks no header, or refuses the request: $before before it', async ({ before, sees, says }) => {
    let seen: string | string[] | undefined;
    const { open } = await started({
      limits: { ...limits, headerBytes: 16 * 1024 },
      handle: (incoming, response) => {
        seen = incoming.headers['x-forwarded-for'];
        response.end('ok');
      },
    });
    const socket = open();
    socket.write(request(`${'A:b\r\n'.repeat(before)}X-Forwarded-For: 10.0.0.1\r\nConnection: close\r\n`));
    expect(await text(socket)).toContain(`HTTP/1.1 ${says}`);
    expect(seen).toBe(sees);
  });

  it.each([
    ['too large a header', request(`X: ${'x'.repeat(3_000)}\r\n`), '431'],
    ['no HTTP', 'hello\r\n\r\n', '400'],
    ['two lengths', request('Content-Length: 1\r\nContent-Length: 2\r\n'), '400'],
    ['two hosts', request('host: y\r\n'), '400'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', '400'],
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

  it('ends the connection of a client that sends no more before it is answered', async () => {
    let end: () => void = () => undefined;
    const { server, open } = await started({
      handle: (_request, response) =>
        new Promise<void>((resolve) => {
          end = () => {
            response.end('late');
            resolve();
          };
          response.once('close', resolve);
        }),
    });
    const socket = open();
    socket.end(request());
    expect(await text(socket)).toBe('');
    await until(() => server.connections === 0 && server.inFlight === 0);
    end();
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

  it('answers a client that has connected at the last moment, and asks a little later', async () => {
    let underWay = 0;
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const world = await started({
      limits: { ...limits, requestMs: 60_000, connections: 1_000, connectionsPerPeer: 1_000 },
      handle: async (_incoming, response) => {
        underWay += 1;
        await held;
        response.end('answered');
      },
    });
    const early = world.open();
    early.write(request('Connection: close\r\n'));
    await until(() => underWay === 1);
    // Its time is over with the first request still under way: it listens no more, and both are connected.
    const drained = world.server.drain({ idleMs: 5_000, mostMs: 200 });
    const late = world.open();
    await once(late, 'connect');
    await until(async () => {
      const probe = world.open();
      const isRefused = await once(probe, 'connect').then(
        () => false,
        () => true,
      );
      probe.destroy();
      return isRefused;
    });
    late.write(request());
    await until(() => underWay === 2);
    release();
    expect(await text(late)).toMatch(/Connection: close[\s\S]*answered/);
    expect(await text(early)).toContain('answered');
    await drained;
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
