import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createFairReading } from '../../../src/runtime/connections/fair-reading.ts';
import { attachParser } from '../../../src/runtime/connections/http-connection.ts';

const one = (path: string) => `GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

/** A server whose every request takes so many milliseconds of a clock that nothing else moves, but for a look at it. */
async function started({
  requestMs = 0.4,
  lookMs = 0,
  mostBytesAhead = 100_000,
  mostBytesOfHolder = 10_000_000,
  isDestroyed = false,
} = {}) {
  let nowMs = 0;
  let closed = 0;
  const handled: string[] = [];
  const reading = createFairReading({
    clock: {
      monotonic() {
        nowMs += lookMs;
        return nowMs;
      },
    },
    holderOf: (address) => ({ namespace: address, pod: address }),
    mostBytesAhead,
    mostBytesOfHolder,
    onClosed: () => {
      closed += 1;
    },
  });
  const server = createServer((request, response) => {
    nowMs += requestMs;
    handled.push(`${request.socket.remoteAddress} ${request.url}`);
    isDestroyed ? request.socket.destroy() : response.end(request.url);
  });
  const parsers = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    const parser = attachParser(socket, (each) => parsers.forEach((parse) => void parse.call(server, each)));
    reading.attach(socket, {
      read: (bytes) => parser.read.forEach((read) => void read.call(socket, bytes)),
      end: () => parser.end.forEach((end) => void end.call(socket)),
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    cleanUps.push(() => void socket.destroy());
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const untilHandled = async (count: number) => {
    while (handled.length < count) {
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { open, handled, untilHandled, closed: () => closed };
}

/** Reads until so many answers have come, and returns their bodies. */
function answers(socket: Socket, count: number): Promise<string[]> {
  return new Promise((resolve) => {
    let seen = '';
    socket.setEncoding('utf8').on('data', (text) => {
      seen += text;
      const bodies = [...seen.matchAll(/\r\n\r\n(\/[a-z]+\d*)/g)].map(([, body]) => body ?? '');
      if (bodies.length >= count) {
        resolve(bodies);
      }
    });
  });
}

/** Reads until the connection is closed, and returns how many answers came. */
async function untilClosed(socket: Socket): Promise<number> {
  let seen = '';
  socket.setEncoding('utf8').on('data', (text) => {
    seen += text;
  });
  await new Promise((resolve) => socket.once('close', resolve));
  return seen.match(/HTTP\/1\.1 200/g)?.length ?? 0;
}

describe('fair reading', () => {
  it('lets a neighbour be answered after a few requests of one that asks over a hundred connections', async () => {
    const { open, handled, untilHandled } = await started();
    const busy = await Promise.all(Array.from({ length: 100 }, () => open('127.0.0.2')));
    const neighbour = await open('127.0.0.3');
    const all = [...busy, neighbour].map(async (socket, index) => {
      const first = answers(socket, 2);
      socket.write(one(`first${index}`));
      return first;
    });
    await untilHandled(101);
    for (const socket of busy) {
      socket.write(one('second'));
    }
    await untilHandled(102);
    neighbour.write(one('mine'));
    await Promise.all(all);
    expect(handled).toHaveLength(202);
    const place = handled.slice(101).indexOf('127.0.0.3 /mine');
    expect(place).toBeGreaterThanOrEqual(0);
    expect(place).toBeLessThan(30);
  });

  it('answers every request, in the order of its connection, however its bytes come', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 60 }),
        async (pieces, count) => {
          const { open } = await started({ requestMs: 0.3 });
          const paths = Array.from({ length: count }, (_, index) => `r${index}`);
          const sockets = await Promise.all(['127.0.0.2', '127.0.0.2', '127.0.0.3'].map(open));
          const got = await Promise.all(
            sockets.map((socket) => {
              const read = answers(socket, count);
              let text = paths.map(one).join('');
              for (let turn = 0; text !== ''; turn += 1) {
                const length = pieces[turn % pieces.length] ?? 1;
                socket.write(text.slice(0, length));
                text = text.slice(length);
              }
              return read;
            }),
          );
          const wanted = paths.map((path) => `/${path}`);
          expect(got).toEqual([wanted, wanted, wanted]);
          for (const socket of sockets) {
            socket.destroy();
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('reads on where a connection had to wait for nearly every piece of a request', async () => {
    const { open } = await started({ lookMs: 0.3 });
    for (let times = 0; times < 20; times += 1) {
      const socket = (await open('127.0.0.2')).setNoDelay(true);
      const read = answers(socket, 5);
      const text = one(`r${'x'.repeat(300)}`).repeat(5);
      for (let at = 0; at < text.length; at += 27 + times) {
        await new Promise((resolve) => socket.write(text.slice(at, at + 27 + times), resolve));
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await read).toHaveLength(5);
      socket.destroy();
    }
  });

  it.each([1, 30])('answers clients that send no more behind their %i requests', async (count) => {
    const { open, handled } = await started({ requestMs: 0.6 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => open('127.0.0.2')));
    const got = sockets.map(async (socket) => {
      socket.end(one('a').repeat(count));
      return untilClosed(socket);
    });
    expect(await Promise.all(got)).toEqual(sockets.map(() => count));
    expect(handled).toHaveLength(20 * count);
  });

  it('closes a connection that sends further requests without end while it has to wait', async () => {
    const { open, closed } = await started({ mostBytesAhead: 10_000 });
    const greedy = await open('127.0.0.2');
    greedy.resume().write(one('greedy').repeat(2_000));
    await new Promise((resolve) => greedy.once('close', resolve));
    expect(closed()).toBe(1);
  });

  it('closes connections of one that has too much waiting over all of them, and of no other', async () => {
    const { open, closed } = await started({ mostBytesOfHolder: 20_000 });
    const greedy = await Promise.all(Array.from({ length: 20 }, () => open('127.0.0.2')));
    const neighbour = await open('127.0.0.3');
    const read = answers(neighbour, 3);
    const left = greedy.map((socket) => untilClosed(socket));
    for (const socket of greedy) {
      socket.end(one('greedy').repeat(50));
    }
    neighbour.write(one('a').repeat(3));
    expect(await read).toEqual(['/a', '/a', '/a']);
    const answered = (await Promise.all(left)).filter((count) => count === 50).length;
    expect(closed()).toBeGreaterThan(0);
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(20);
  });

  it('makes no requests of what was read before the connection was destroyed', async () => {
    const { open, handled } = await started({ requestMs: 0, isDestroyed: true });
    const socket = await open('127.0.0.2');
    socket.resume().write(one('a').repeat(2_000));
    await new Promise((resolve) => socket.once('close', resolve));
    expect(handled.length).toBeGreaterThan(0);
    expect(handled.length).toBeLessThanOrEqual(Math.ceil(1_024 / one('a').length));
  });
});
