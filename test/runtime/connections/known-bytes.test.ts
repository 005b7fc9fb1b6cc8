import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { idHeaders, KnownBytes } from '../../../src/runtime/connections/known-bytes.ts';
import { createHttpServer, type HttpServer } from '../../../src/runtime/http-server.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const id = '0f8fad5b-d9cb-469f-a165-70867728950e';
const otherId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const otherTrace = '00-5bf92f3577b34da6a3ce929d0e0e4737-10f067aa0ba902b8-00';
const get = (...headers: string[]) => ['GET /a HTTP/1.1', 'Host: x', ...headers, '', ''].join('\r\n');
const isSame = (known: string, other: string) =>
  new KnownBytes(Buffer.from(known, 'latin1')).isSame(Buffer.from(other, 'latin1'));

describe('bytes of a request that is known', () => {
  it.each(idHeaders)('are the same with another %s', (name) => {
    expect(isSame(get(`${name}: ${id}`), get(`${name}: ${otherId}`))).toBe(true);
  });

  it('are the same with other ids at any place, in any case of their names', () => {
    const known = get(`Traceparent: ${trace}`, 'Metadata: true', `X-MS-Client-Request-Id:${id}`);
    const other = get(`Traceparent: ${otherTrace}`, 'Metadata: true', `X-MS-Client-Request-Id:${otherId}`);
    expect(isSame(known, other)).toBe(true);
  });

  it.each([
    ['a shorter id', get(`x-request-id: ${id}`), get(`x-request-id: ${id.slice(1)}`)],
    [
      'a header in place of a part of an id',
      get(`x-request-id: ${id}`),
      get(`x-request-id: ${id.slice(20)}\r\nX-Forwarded-For: y`),
    ],
    ['a space in an id', get(`x-request-id: ${id}`), get(`x-request-id: ${id.replace('-', ' ')}`)],
    ['a comma in an id', get(`x-request-id: ${id}`), get(`x-request-id: ${id.replace('-', ',')}`)],
    ['another header', get(`x-request-id: ${id}`), get(`x-request-ib: ${id}`)],
    [
      'another value beside the id',
      get('Metadata: true', `traceparent: ${trace}`),
      get('Metadata: trve', `traceparent: ${trace}`),
    ],
    [
      'another value after the id',
      get(`traceparent: ${trace}`, 'Metadata: true'),
      get(`traceparent: ${otherTrace}`, 'Metadata: trve'),
    ],
    ['another path', get(`traceparent: ${trace}`), get(`traceparent: ${trace}`).replace('/a', '/b')],
    ['an id in a header of another name', get(`X-Id: ${id}`), get(`X-Id: ${otherId}`)],
    ['an id behind a name that ends so', get(`X-traceparent: ${trace}`), get(`X-traceparent: ${otherTrace}`)],
    [
      'an id that goes on in the next line',
      get(`traceparent: ${trace}`, ' x'),
      get(`traceparent: ${otherTrace}`, ' x'),
    ],
    [
      'an id after a bare line feed',
      get(`X: y\ntraceparent: ${trace}`),
      get(`X: y\ntraceparent: ${otherTrace}`),
    ],
  ])('are others with %s', (_title, known, other) => {
    expect(isSame(known, known)).toBe(true);
    expect(isSame(known, other)).toBe(false);
  });
});

/** Everything that a handler could decide by. */
function readingOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): string {
  const lines: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2);
    lines.push(`${name}=${idHeaders.includes(name.toLowerCase()) ? '' : value}`);
  }
  return JSON.stringify([method, url, httpVersion, lines]);
}

const whole = (body: string, isLast: boolean) =>
  [
    'HTTP/1.1 200 OK',
    `Content-Length: ${body.length}`,
    `Connection: ${isLast ? 'close' : 'keep-alive'}`,
    '',
    body,
  ].join('\r\n');

interface Started {
  readonly server: HttpServer;
  readonly port: number;
  /** How many requests were parsed so far. */
  parsed(): number;
}

async function started(owner?: object): Promise<Started> {
  let parsed = 0;
  const server = createHttpServer({
    limits: {
      headerBytes: 16_384,
      idleMs: 5_000,
      requestMs: 60_000,
      connections: 50,
      connectionsPerPeer: 50,
    },
    clock: systemClock(),
    ownerOf: () => owner,
    handle(request, response, repeats) {
      parsed += 1;
      const body = readingOf(request);
      repeats?.offer(request, (_startedAt, isLast) => whole(body, isLast));
      response.sendDate = false;
      response.writeHead(200, { 'Content-Length': body.length }).end(body);
    },
    onFault: (error) => {
      throw error;
    },
  });
  return { server, port: await server.listen('127.0.0.1', 0), parsed: () => parsed };
}

/** Sends each after the answer to the one before, the last of which ends the connection. @returns all answers, without what Node adds by itself */
function ask(port: number, requests: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const left = [...requests];
    let text = '';
    const next = () => socket.write(left.shift() ?? '', 'latin1');
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
      if (left.length > 0) {
        next();
      }
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text.replace(/^(?:Keep-Alive|Date): .*\r\n/gm, '')));
    next();
  });
}

let running: Started | undefined;
afterEach(() => running?.server.close());

describe('a request that differs from a known one', () => {
  const known = get(
    `x-ms-client-request-id: ${id}`,
    'X-Pad: abcdefghijkl',
    `traceparent: ${trace}`,
    'Metadata: true',
  );
  const tail = get('Connection: close').replace('/a', '/tail');
  const first = () => ask(running?.port ?? 0, [known, tail]);

  it('is answered without the parser where it differs in ids alone', async () => {
    running = await started();
    const answers = await ask(running.port, [
      known,
      known.replace(id, otherId).replace(trace, otherTrace),
      tail,
    ]);
    expect(running.parsed()).toBe(2);
    expect(answers.match(/HTTP\/1.1 200/g)).toHaveLength(3);
  });

  it('is answered as by the parser, whatever differs', async () => {
    running = await started();
    const { port } = running;
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom(
        '\r\n',
        '\r\n\r\n',
        '\n',
        '\n\n',
        ' ',
        '-',
        'f',
        '\t',
        ',',
        ':',
        '\r\nContent-Length: 1\r\n',
        '\r\nX: ',
      ),
    );
    const edit = fc.record({ at: fc.integer({ min: 0, max: known.length }), text: byte });
    const sameLength = (edits: readonly { at: number; text: string }[]) =>
      edits.reduce((text, { at, text: by }) => text.slice(0, at) + by + text.slice(at + by.length), known);
    const others = fc.oneof(
      fc.array(edit, { minLength: 1, maxLength: 4 }).map(sameLength),
      fc.constantFrom(
        known.replace('X-Pad: abcdefghijkl', 'Content-Length: 0003'),
        known.replace('X-Pad: abcdefghijkl', 'Expect: 100-continue'),
        known.replace(id, `${id.slice(0, 5)}\r\nContent-Length: 0005\r\nx: y`.padEnd(id.length, 'z')),
        known.replaceAll('traceparent', 'tracEparent'),
      ),
    );
    const head = (await first()).indexOf('HTTP/1.1', 1);
    await fc.assert(
      fc.asyncProperty(others, async (other) => {
        const byParser = await ask(port, [other + tail]);
        const afterKnown = await ask(port, [known, other + tail]);
        expect(afterKnown.slice(head)).toBe(byParser);
        // Without its end, the parser waits for the rest of it: no answer comes after which the tail would be sent.
        if (other.endsWith('\r\n\r\n')) {
          const alone = await ask(port, [known, other, tail]);
          expect(alone.slice(head).startsWith(byParser.slice(0, byParser.indexOf('HTTP/1.1', 1)))).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('is answered as by the parser on the next connection, where the known one ended its own', async () => {
    running = await started({});
    const { port, parsed } = running;
    const parsing = await started();
    const last = get(`traceparent: ${trace}`, 'Connection: close', 'Metadata: true');
    const text = fc.oneof(
      fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
      fc.constantFrom('\r\n', '\n', ' ', '-', 'f', ',', ':'),
    );
    const edit = fc.record({ at: fc.integer({ min: 0, max: last.length - 8 }), text });
    const others = fc
      .array(edit, { minLength: 0, maxLength: 3 })
      .map((edits) =>
        edits.reduce((all, { at, text: by }) => all.slice(0, at) + by + all.slice(at + by.length), last),
      );
    try {
      await fc.assert(
        fc.asyncProperty(others, async (other) => {
          await ask(port, [last]);
          expect(await ask(port, [other, tail])).toBe(await ask(parsing.port, [other, tail]));
        }),
        { numRuns: 300 },
      );
      await ask(port, [last]);
      const before = parsed();
      await ask(port, [last.replace(trace, otherTrace)]);
      expect(parsed()).toBe(before);
    } finally {
      await parsing.server.close();
    }
  });
});
