import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Repeats } from '../../../src/runtime/connections/repeated-requests.ts';
import { createHttpServer } from '../../../src/runtime/http-server.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) {
    await cleanUp();
  }
});

const limits = {
  headerBytes: 16_384,
  connections: 50,
  connectionsPerPeer: 50,
};
const get = (path: string, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${headers}\r\n`;
/** What is answered again is told from what was handled by its name alone. */
const answerOf = (name: string, path: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${name.length + path.length}\r\n\r\n${name}${path}`;

interface Options {
  readonly requestMs?: number;
  readonly idleMs?: number;
  /** That each look at the clock takes, so that connections have to wait. */
  readonly lookMs?: () => number;
  readonly again?: (path: string, isLast: boolean) => string | undefined;
  readonly ownerOf?: (address: string) => object | undefined;
  onOffer?(offer: object): void;
  handle?(request: IncomingMessage, response: ServerResponse): void | Promise<void>;
}

/** Offers every request for its next time. */
async function started({
  again = (path) => answerOf('again', path),
  handle,
  requestMs = 60_000,
  idleMs = 5_000,
  lookMs = () => 0,
  ownerOf,
  onOffer,
}: Options = {}) {
  const clock = systemClock();
  let lookedMs = 0;
  const handled: string[] = [];
  const server = createHttpServer({
    limits: { ...limits, requestMs, idleMs },
    ...(ownerOf === undefined ? {} : { ownerOf }),
    clock: {
      ...clock,
      monotonic() {
        lookedMs += lookMs();
        return clock.monotonic() + lookedMs;
      },
    },
    handle(request: IncomingMessage, response: ServerResponse, repeats: Repeats | undefined) {
      const path = request.url ?? '';
      handled.push(path);
      const offer = (_startedAt: number, isLast: boolean) => again(path, isLast);
      onOffer?.(offer);
      repeats?.offer(request, offer);
      if (handle !== undefined) {
        return handle(request, response);
      }
      response.end(`first${path}`);
    },
    onFault: (error) => {
      throw error;
    },
  });
  const port = await server.listen('127.0.0.1', 0);
  cleanUps.push(() => server.close());
  const open = (localAddress = '127.0.0.1'): Client => {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    socket.on('error', () => undefined);
    cleanUps.push(() => void socket.destroy());
    return new Client(socket);
  };
  return { server, handled, open };
}

class Client {
  readonly socket: Socket;
  #text = '';
  #isClosed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1').on('data', (text) => {
      this.#text += text;
    });
    socket.on('close', () => {
      this.#isClosed = true;
    });
  }

  get bodies(): string[] {
    return [...this.#text.matchAll(/\r\n\r\n((?:first|again)\/[a-z]*)/g)].map(([, body]) => body ?? '');
  }

  get text(): string {
    return this.#text;
  }

  async write(text: string): Promise<void> {
    await new Promise((resolve) => this.socket.write(text, 'latin1', resolve));
  }

  /** Until so many answers have come, or the connection was closed. */
  async answers(count: number): Promise<string[]> {
    while (this.bodies.length < count && !this.#isClosed) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return this.bodies;
  }

  async closed(): Promise<void> {
    while (!this.#isClosed) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** Writes, and waits for one answer more. */
  async ask(text: string): Promise<string> {
    const before = this.bodies.length;
    await this.write(text);
    return (await this.answers(before + 1)).at(-1) ?? '';
  }
}

describe('a request that comes again in the same bytes', () => {
  it('is answered as was offered, on its own connection alone', async () => {
    const { open, handled } = await started();
    const one = open();
    expect(await one.ask(get('/a'))).toBe('first/a');
    expect(await one.ask(get('/a'))).toBe('again/a');
    expect(await one.ask(get('/a'))).toBe('again/a');
    expect(await open().ask(get('/a'))).toBe('first/a');
    expect(handled).toEqual(['/a', '/a']);
  });

  it('is parsed each time on a connection whose requests were all different, and on no other', async () => {
    const { open } = await started();
    const one = open();
    for (let id = 0; id < 10; id += 1) {
      expect(await one.ask(get('/a', `X-Id: ${id}\r\n`))).toBe('first/a');
    }
    expect([await one.ask(get('/a')), await one.ask(get('/a'))]).toEqual(['first/a', 'first/a']);
    const other = open();
    expect([await other.ask(get('/a')), await other.ask(get('/a'))]).toEqual(['first/a', 'again/a']);
  });

  it('is parsed and handled when anything in it differs', async () => {
    const { open } = await started();
    const one = open();
    await one.ask(get('/a'));
    expect(await one.ask(get('/b'))).toBe('first/b');
    expect(await one.ask(get('/b', 'X-Forwarded-For: y\r\n'))).toBe('first/b');
    expect(await one.ask(get('/b', 'X-Forwarded-For: y\r\n'))).toBe('again/b');
  });

  it('is handled where there is no answer to it any more', async () => {
    let isOffered = true;
    const { open } = await started({ again: (path) => (isOffered ? answerOf('again', path) : undefined) });
    const one = open();
    await one.ask(get('/a'));
    expect(await one.ask(get('/a'))).toBe('again/a');
    isOffered = false;
    expect(await one.ask(get('/a'))).toBe('first/a');
  });

  it('is handled where its answer fails, and the process goes on', async () => {
    const { open } = await started({
      again() {
        throw new Error('a fault');
      },
    });
    const one = open();
    expect([await one.ask(get('/a')), await one.ask(get('/a'))]).toEqual(['first/a', 'first/a']);
  });

  it('is no request where it is the body of another', async () => {
    const { open, handled } = await started();
    const one = open();
    await one.ask(get('/a'));
    await one.ask(get('/a'));
    const body = get('/a');
    await one.ask(`POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`);
    await one.write(body);
    expect(await one.ask(get('/a'))).toBe('first/a');
    expect(one.bodies).toEqual(['first/a', 'again/a', 'first/p', 'first/a']);
    expect(handled).toEqual(['/a', '/p', '/a']);
  });

  it('is no request where another has begun before it', async () => {
    const { open, handled } = await started();
    const one = open();
    await one.ask(get('/a'));
    await one.ask(`${get('/b')}GET /c HTTP/1.1\r\nX: `);
    expect(await one.ask(get('/a'))).toBe('first/c');
    expect(handled).toEqual(['/a', '/b', '/c']);
  });

  it.each(['G', 'GE', 'GET', ' '])(
    'is no request behind %j, which came with the end of one before',
    async (begun) => {
      const { open, handled } = await started();
      const one = open();
      await one.ask(get('/a'));
      expect(await one.ask(get('/a'))).toBe('again/a');
      await one.ask(get('/b') + get('/c').slice(0, -2));
      await one.ask(`\r\n${begun}`);
      await one.write(get('/a'));
      await one.closed();
      expect(one.text).toMatch(/HTTP\/1\.1 400 /);
      expect(one.bodies).toEqual(['first/a', 'again/a', 'first/b', 'first/c']);
      expect(handled).toEqual(['/a', '/b', '/c']);
    },
  );

  it('waits for the answers before it', async () => {
    const ends: (() => void)[] = [];
    const { open } = await started({
      handle(request, response) {
        const end = () => response.end(`first${request.url}`);
        return request.url === '/slow' ? void ends.push(end) : void end();
      },
    });
    const one = open();
    await one.ask(get('/a'));
    await one.write(get('/slow'));
    while (ends.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await one.write(get('/a'));
    ends[0]?.();
    expect(await one.answers(3)).toEqual(['first/a', 'first/slow', 'first/a']);
  });

  it('is told that its connection ends while the server drains', async () => {
    const { open, server } = await started();
    const one = open();
    await one.ask(get('/a'));
    const drained = server.drain({ idleMs: 200, mostMs: 10_000 });
    await one.ask(get('/a'));
    expect(one.bodies).toEqual(['first/a', 'first/a']);
    expect(one.text).toContain('Connection: close');
    await drained;
  });

  it.each([
    ['asks for an end of the connection', get('/a', 'Connection: close\r\n')],
    ['is of HTTP/1.0', 'GET /a HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n'],
    ['has a body', get('/a', 'Content-Length: 1\r\n')],
    ['asks for another protocol', get('/a', 'Connection: upgrade\r\nUpgrade: h2c\r\n')],
    ['waits for 100', get('/a', 'Expect: 100-continue\r\n')],
    ['asks for the header alone', get('/a').replace('GET', 'HEAD')],
  ])('is handled each time where it %s', async (_title, text) => {
    const { open } = await started();
    const one = open();
    await one.write(text);
    await one.write(text);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(one.bodies).not.toContain('again/a');
  });

  it('is held no longer than it is parsed where it is too long to be known', async () => {
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as () => void;
    const offered: WeakRef<object>[] = [];
    const { open } = await started({ onOffer: (offer) => offered.push(new WeakRef(offer)) });
    const one = open();
    await one.ask(get('/a', `User-Agent: ${'y'.repeat(15_000)}\r\n`));
    await vi.waitFor(
      () => {
        gc();
        expect(offered[0]?.deref()).toBeUndefined();
      },
      { timeout: 5_000 },
    );
    expect(offered).toHaveLength(1);
    expect(await one.ask(get('/b'))).toBe('first/b');
  });

  it('lets go of a client that does not read what it asks for again and again', async () => {
    const body = 'x'.repeat(1_000_000);
    const large = `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const { open, server } = await started({ again: () => large, requestMs: 300 });
    const one = open();
    await one.ask(get('/a'));
    one.socket.pause();
    for (let times = 0; times < 40 && server.connections > 0; times += 1) {
      one.socket.write(get('/a'));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    while (server.connections > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  it('is answered like any other, however its bytes come', async () => {
    const request = fc.constantFrom(
      get('/a'),
      get('/a'),
      get('/b'),
      get('/c', `X: ${'y'.repeat(1_500)}\r\n`),
      `POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: ${get('/a').length}\r\n\r\n${get('/a')}`,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(request, { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 120 }), { minLength: 1, maxLength: 12 }),
        fc.constantFrom(0, 0.3),
        async (requests, pieces, lookMs) => {
          const { open } = await started({ lookMs: () => lookMs });
          const one = open();
          one.socket.setNoDelay(true);
          const whole = requests.join('');
          for (let at = 0, turn = 0; at < whole.length; turn += 1) {
            const length = pieces[turn % pieces.length] ?? 1;
            // Pieces that are as long as a request are often one.
            const size = turn % 2 === 0 ? get('/a').length : length;
            await one.write(whole.slice(at, at + size));
            await new Promise((resolve) => setImmediate(resolve));
            at += size;
          }
          const bodies = await one.answers(requests.length);
          const paths = bodies.map((body) => body.slice('first'.length));
          expect(paths).toEqual(requests.map((text) => /\/[a-z]/.exec(text)?.[0]));
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe('a request that ends its connection', () => {
  const last = (path: string) => get(path, 'Connection: close\r\n');
  const somebody = {};

  it('is known on the next connection from the same address', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    expect(await open().ask(last('/a'))).toBe('first/a');
    const next = open();
    expect(await next.ask(last('/a'))).toBe('again/a');
    await next.closed();
    expect(await open().ask(last('/b'))).toBe('first/b');
    expect(await open('127.0.0.2').ask(last('/b'))).toBe('first/b');
    expect(handled).toEqual(['/a', '/b', '/b']);
  });

  it('is handled where nobody is known, or its owner has changed', async () => {
    let owner: object | undefined = {};
    const { open, handled } = await started({ ownerOf: () => owner });
    await open().ask(last('/a'));
    owner = {};
    expect(await open().ask(last('/a'))).toBe('first/a');
    expect(await open().ask(last('/a'))).toBe('again/a');
    owner = undefined;
    expect(await open().ask(last('/a'))).toBe('first/a');
    expect(handled).toEqual(['/a', '/a', '/a']);
  });

  it('is handled where there is no answer to it any more', async () => {
    const { open } = await started({ ownerOf: () => somebody, again: () => undefined });
    expect(await open().ask(last('/a'))).toBe('first/a');
    expect(await open().ask(last('/a'))).toBe('first/a');
  });

  it('is the last that is answered on its connection', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    await open().ask(last('/a'));
    const next = open();
    await next.write(last('/a'));
    await next.write(get('/b'));
    await next.closed();
    // Bytes that came together with more are parsed.
    expect(next.bodies.map((body) => body.slice(-2))).toEqual(['/a']);
    expect(handled).not.toContain('/b');
  });

  it('is no request where another has begun before it', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    await open().ask(last('/a'));
    const other = open();
    await other.write('POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n');
    expect(await other.answers(1)).toEqual(['first/b']);
    await other.write(last('/a'));
    await other.write(get('/c'));
    expect(await other.answers(1)).toEqual(['first/b']);
    expect(handled).toEqual(['/a', '/b']);
  });

  it('is no request within another, on a connection whose requests were all different', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    await open().ask(last('/a'));
    const other = open();
    for (let id = 0; id < 9; id += 1) {
      await other.ask(get('/b', `X-Id: ${id}\r\n`));
    }
    await other.ask(`${get('/b')}GET /c HTTP/1.1\r\nX: `);
    expect(await other.ask(last('/a'))).toBe('first/c');
    expect(handled.filter((path) => path !== '/b')).toEqual(['/a', '/c']);
  });

  it('has nothing handled that came with it', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    // As much as is handed on at once.
    const pad = 'y'.repeat(1_024 - last('/a').length - 'X: \r\n'.length);
    const full = get('/a', `X: ${pad}\r\nConnection: close\r\n`);
    await open().ask(full);
    const next = open();
    await next.write(full + get('/b') + get('/c'));
    await next.closed();
    expect(next.bodies).toEqual(['again/a']);
    expect(handled).toEqual(['/a']);
  });

  it.each([
    'Connection: keep-alive',
    // Node 20 and 24 read it differently.
    'Connection:\tclose\t',
    'Proxy-Connection: close',
  ])('is one where the parser takes it for the last of its connection: %s', async (header) => {
    const request = get('/a', `${header}\r\n`);
    const isLast = await isLastByNode(request);
    const { open } = await started({ ownerOf: () => somebody });
    const one = open();
    expect(await one.ask(request)).toBe('first/a');
    if (isLast) {
      await one.closed();
    } else {
      expect(await one.ask(request)).toBe('again/a');
    }
    expect(await open().ask(request)).toBe('again/a');
  });

  it.each([
    ['', 0],
    [', also behind another request', 1],
  ])('ends with the connection of a client that does not read%s', async (_title, before) => {
    const { open, server } = await started({
      ownerOf: () => somebody,
      requestMs: 200,
      idleMs: 600_000,
      again: () => answerOf('again', `/${'x'.repeat(16 * 1024 * 1024)}`),
    });
    await open().ask(last('/a'));
    const deaf = open();
    for (let count = 0; count < before; count += 1) {
      // Too long to be known.
      await deaf.ask(get('/b', `X: ${'y'.repeat(1_500)}\r\n`));
    }
    deaf.socket.pause();
    await deaf.write(last('/a'));
    while (server.connections > 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });
});

describe('the first request of a connection', () => {
  const somebody = {};
  const silent = async ({ open }: { open(): Client }) => {
    const client = open();
    await client.closed();
    return client.text;
  };

  it('is known from one before it that stays open, and so is what follows it', async () => {
    const { open, handled } = await started({ ownerOf: () => somebody });
    const before = open();
    expect(await before.ask(get('/a'))).toBe('first/a');
    const one = open();
    expect([await one.ask(get('/a')), await one.ask(get('/a'))]).toEqual(['again/a', 'again/a']);
    expect([await one.ask(get('/b')), await one.ask(get('/b'))]).toEqual(['first/b', 'again/b']);
    expect([await one.ask(get('/a')), await before.ask(get('/b'))]).toEqual(['again/a', 'again/b']);
    expect(handled).toEqual(['/a', '/b']);
  });

  it('is known among a few of its owner, of which those asked lately are kept', async () => {
    const { open } = await started({ ownerOf: () => somebody });
    const ask = (path: string) => open().ask(get(path));
    for (const path of ['/a', '/b', '/c', '/d']) {
      expect(await ask(path)).toBe(`first${path}`);
    }
    expect(await ask('/a')).toBe('again/a');
    expect(await ask('/e')).toBe('first/e');
    expect([await ask('/a'), await ask('/e'), await ask('/b')]).toEqual(['again/a', 'again/e', 'first/b']);
  });

  it('is awaited no longer than any', async () => {
    const world = await started({ ownerOf: () => somebody, requestMs: 100 });
    expect(await silent(world)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('leaves its connection open for as long as it says, where Node would await a header still', async () => {
    const world = await started({ ownerOf: () => somebody, requestMs: 200, idleMs: 60_000 });
    await world.open().ask(get('/a'));
    const known = world.open();
    expect(await known.ask(get('/a'))).toBe('again/a');
    // Longer than Node takes to find out, each second, whose header is late.
    const late = world.open();
    await late.write('GET /b HTTP/1.1\r\n');
    await late.closed();
    expect(late.text).toMatch(/^HTTP\/1\.1 408 /);
    await silent(world);
    expect(await known.ask(get('/a'))).toBe('again/a');
    expect(await known.ask(get('/b'))).toBe('first/b');
  });

  it('leaves its connection open no longer than it says', async () => {
    const world = await started({ ownerOf: () => somebody, idleMs: 100 });
    await world.open().ask(get('/a'));
    const known = world.open();
    expect(await known.ask(get('/a'))).toBe('again/a');
    await known.closed();
  });

  it.each(['kept', 'new'])(
    'leaves a %s connection open as long where the answer was read late',
    async (which) => {
      const world = await started({
        ownerOf: () => somebody,
        requestMs: 200,
        idleMs: 60_000,
        again: () => answerOf('again', `/${'x'.repeat(16 * 1024 * 1024)}`),
      });
      const first = world.open();
      await first.ask(get('/a'));
      const late = which === 'kept' ? first : world.open();
      late.socket.pause();
      await late.write(get('/a'));
      await vi.waitFor(() => expect(late.socket.readableLength).toBeGreaterThan(0));
      late.socket.resume();
      await vi.waitFor(() => expect(late.text.length).toBeGreaterThan(16 * 1024 * 1024), { timeout: 20_000 });
      // Longer than a client may leave an answer unread.
      await silent(world);
      await silent(world);
      expect((await late.ask(get('/b'))).slice(0, 9)).toBe('first/b');
    },
  );

  it('is answered where it came in time and had to wait for its turn', async () => {
    let lookMs = 0;
    const world = await started({ requestMs: 200, idleMs: 60_000, lookMs: () => lookMs });
    const [busy, one] = [world.open(), world.open()];
    await vi.waitFor(() => expect(world.server.connections).toBe(2));
    // As long as each look at the clock takes so long, nobody who waits has a turn.
    lookMs = 10;
    await busy.write(get('/b') + get('/c', `X: ${'y'.repeat(2_000)}\r\n`));
    await vi.waitFor(() => expect(world.handled).toEqual(['/b']));
    await one.write(get('/a'));
    await silent(world);
    await silent(world);
    lookMs = 0;
    expect(await one.answers(1)).toEqual(['first/a']);
    expect(await busy.answers(2)).toEqual(['first/b', 'first/c']);
  });

  it('is answered where its client sends no more, and ends the connection', async () => {
    const { open } = await started({ ownerOf: () => somebody });
    await open().ask(get('/a'));
    const one = open();
    one.socket.end(get('/a'));
    await one.closed();
    expect(one.bodies).toEqual(['again/a']);
  });

  it.each([
    ['once the next is refused', 'GET /x HTTP/9\r\n\r\n', /HTTP\/1\.1 400 /],
    ['when the next has half a header', 'GET /x HTTP/1.1\r\n', /again\/a$/],
  ])('is forgotten %s', async (_title, next, says) => {
    const { open } = await started({ ownerOf: () => somebody, requestMs: 200 });
    await open().ask(get('/a'));
    const one = open();
    expect(await one.ask(get('/a'))).toBe('again/a');
    await one.write(next);
    await one.closed();
    expect(one.text).toMatch(says);
  });

  it('keeps no server from closing, nor does a connection without one', async () => {
    const { open, server } = await started({ ownerOf: () => somebody });
    await open().ask(get('/a'));
    const [idle, quiet] = [open(), open()];
    expect(await idle.ask(get('/a'))).toBe('again/a');
    await vi.waitFor(() => expect(server.connections).toBe(3));
    const drained = server.drain({ idleMs: 1_000, mostMs: 10_000 });
    expect(await quiet.ask(get('/a'))).toBe('first/a');
    expect(quiet.text).toContain('Connection: close');
    open();
    await drained;
    await idle.closed();
    await vi.waitFor(() => expect(server.connections).toBe(0));
  });
});

/** Whether a server of Node's own ends the connection with this request. */
async function isLastByNode(request: string): Promise<boolean> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  cleanUps.push(() => {
    socket.destroy();
    server.close();
  });
  socket.write(request);
  const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
  return !response.shouldKeepAlive;
}
