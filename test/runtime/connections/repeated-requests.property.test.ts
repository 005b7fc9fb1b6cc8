import { connect } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpServer, type HttpServer } from '../../../src/runtime/http-server.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';

const servers: HttpServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

interface Started {
  readonly port: number;
  /** What was asked so far, however it was answered. */
  readonly asked: string[];
  /** How much of it was answered without the parser. */
  known(): number;
}

/** @param lookMs that each look at the clock takes, so that connections have to wait */
async function started({
  offers,
  lookMs,
}: {
  readonly offers: boolean;
  readonly lookMs: number;
}): Promise<Started> {
  const clock = systemClock();
  const owner = {};
  const asked: string[] = [];
  let [lookedMs, known] = [0, 0];
  const server = createHttpServer({
    limits: {
      headerBytes: 16_384,
      idleMs: 60_000,
      requestMs: 60_000,
      connections: 50,
      connectionsPerPeer: 50,
    },
    ownerOf: () => owner,
    clock: {
      ...clock,
      monotonic() {
        lookedMs += lookMs;
        return clock.monotonic() + lookedMs;
      },
    },
    handle(request, response, repeats) {
      const from = request.socket.remoteAddress;
      const what = `${request.method} ${request.url} ${request.headers['metadata']} ${from}`;
      asked.push(what);
      response.sendDate = false;
      // As headers are read, and as answers that are known are sent.
      response
        .writeHead(200, { 'Content-Length': what.length })
        .end(request.method === 'HEAD' ? '' : what, 'latin1');
      if (offers) {
        repeats?.offer(request, (_startedAt, isLast) => {
          asked.push(what);
          known += 1;
          const ends = isLast ? 'close' : 'keep-alive\r\nKeep-Alive: timeout=60';
          return `HTTP/1.1 200 OK\r\nContent-Length: ${what.length}\r\nConnection: ${ends}\r\n\r\n${what}`;
        });
      }
    },
    onFault: (error) => {
      throw error;
    },
  });
  servers.push(server);
  return { port: await server.listen('127.0.0.1', 0), asked, known: () => known };
}

const here = '127.0.0.1';

/** @returns the answers, up to the one with which the connection ends */
function talk(port: number, pieces: readonly string[], localAddress = here): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: here, localAddress, noDelay: true });
    let text = '';
    socket.setEncoding('latin1').on('data', (piece) => {
      text += piece;
    });
    socket.on('error', () => undefined);
    // What Node says of bytes behind the last request comes or does not, by chance.
    socket.on('close', () =>
      resolve(text.replace(/(Connection: close\r\n\r\n[^\r]*?)HTTP\/1\.1 400 .*/s, '$1')),
    );
    const send = async () => {
      for (const piece of pieces) {
        await new Promise((sent) => socket.write(piece, 'latin1', sent));
        // In the same process, that is long enough for the server to read it, also where a busy machine lets it read little a turn.
        for (let turns = 0; turns < 10 && !socket.destroyed; turns += 1) {
          await new Promise((turn) => setImmediate(turn));
        }
      }
      socket.end();
    };
    void send();
  });
}

const get = (path: string, ...headers: string[]) =>
  ['GET', path, 'HTTP/1.1\r\nHost: x\r\n'].join(' ') + ['Metadata: true', ...headers, '', ''].join('\r\n');
const last = get('/last', 'Connection: close');
const id = 'x-request-id: 0123456789abcdef';
const withId = get('/id', id, 'Connection: close');
const ofFullPiece = get('/full', `X: ${'y'.repeat(953)}`, 'Connection: close');
const different = (first: number) => Array.from({ length: 9 }, (_, at) => get(`/n${first + at}`));
const post = (header: string) => `POST /p HTTP/1.1\r\nHost: x\r\n${header}\r\n\r\n`;

const usual = fc.constantFrom<readonly string[]>(
  [last],
  [withId.replace('0123', 'fedc')],
  [get('/id', id.replace('0123', 'fedc'))],
  [ofFullPiece],
  [get('/kept')],
  [get('/kept'), get('/kept')],
  different(0),
);
const unusual = fc.constantFrom<readonly string[]>(
  [post(`Content-Length: ${last.length}`)],
  [post('Transfer-Encoding: chunked'), `${last.length.toString(16)}\r\n`],
  ['\r\n0\r\n\r\n'],
  ['GET /half HTTP/1.1\r\nX: '],
  ['GET /half HTTP/1.1\r\n'],
  ['\r\n'],
  ['G'],
  [get('/kept') + get('/kept')],
  [`${get('/kept')}GET /half HTTP/1.1\r\nX: `],
  [get('/kept').slice(0, -1)],
  [last + get('/behind')],
  [ofFullPiece + get('/behind') + get('/behind')],
  [get('/kept') + last],
  [last.slice(0, -1)],
  [last.slice(0, -2)],
  [last.replace('GET', 'HEAD')],
  [last.replace('HTTP/1.1', 'HTTP/1.0')],
  [last.replace('true', 'trve')],
  [last.replace(' close', '\tclose\t')],
  [last.replace('close', 'close, keep-alive')],
  [last.replace('close', 'keep-alive\r\nProxy-Connection: close')],
  [last.replace('close', 'upgrade\r\nUpgrade: h2c')],
  [last.replace('close', 'keep-alive, close')],
  [last.replaceAll('\r\n', '\n')],
  [last.replace('\r\n', '\n')],
  [last.replace('\r\n\r\n', '\n\r\n')],
  [last.replace('true', 'true\r\n too')],
  [last.replace('true', 'true\xff\x80')],
  [last.replace('true', 'true\0')],
  [last.replace('true', 'true\r\nmetadata: true')],
  [last.replace('Metadata', 'METADATA')],
  [last.replace('Metadata:', 'Metadata :')],
  [last.replace('/last', 'http://y/last')],
  [last.replace('/last', '/last#\xff')],
  [get('/kept', 'Connection: keep-alive').replace('HTTP/1.1', 'HTTP/1.0')],
  [get('/kept', 'Expect: 100-continue')],
  [get('/kept', 'Expect: more')],
  [get('/kept', 'Content-Length: 0')],
  [post('Content-Length: 1\r\nContent-Length: 2')],
  [post('Content-Length: 1\r\nTransfer-Encoding: chunked')],
  [`${post('Transfer-Encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`],
  ['CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
);
const connection = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: usual }, { weight: 2, arbitrary: unusual }), { maxLength: 4 }),
    fc.constantFrom([], [last], [withId], [ofFullPiece]),
    fc.option(fc.record({ piece: fc.nat(3), at: fc.nat(120) })),
    fc.constantFrom(here, here, '127.0.0.2'),
  )
  .map(([before, end, cut, from]) => {
    const pieces = [...before.flat(), ...end];
    const isCut = (at: number) => at === cut?.piece;
    return {
      pieces: pieces.flatMap((piece, at) => (isCut(at) ? cutAt(piece, cut?.at ?? 0) : [piece])),
      from,
    };
  });

function cutAt(piece: string, at: number): string[] {
  return [piece.slice(0, at), piece.slice(at)].filter((part) => part !== '');
}

describe('the connections of one client', () => {
  it('are answered as by the parser, whatever is known of those before', async () => {
    expect(ofFullPiece).toHaveLength(1_024);
    let known = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(last, withId, ofFullPiece, get('/kept'), get('/id', id)),
        fc.array(connection, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(0, 0, 0.3),
        async (first, connections, lookMs) => {
          const [offering, parsing] = [
            await started({ offers: true, lookMs }),
            await started({ offers: false, lookMs }),
          ];
          for (const { pieces, from } of [{ pieces: [first], from: here }, ...connections]) {
            expect(await talk(offering.port, pieces, from)).toBe(await talk(parsing.port, pieces, from));
            expect(offering.asked).toEqual(parsing.asked);
          }
          known += offering.known();
          await Promise.all(servers.splice(0).map((server) => server.close()));
        },
      ),
      { numRuns: 100 },
    );
    expect(known).toBeGreaterThan(20);
  });

  it('are answered as by the parser where what is known comes in two pieces', async () => {
    const [offering, parsing] = [
      await started({ offers: true, lookMs: 0 }),
      await started({ offers: false, lookMs: 0 }),
    ];
    for (const request of [withId, get('/kept')]) {
      for (let at = 0; at < request.length; at += 1) {
        const pieces = [...cutAt(request, at), request];
        expect(await talk(offering.port, pieces)).toBe(await talk(parsing.port, pieces));
      }
    }
    expect(offering.asked).toEqual(parsing.asked);
    expect(offering.known()).toBeGreaterThan(1);
  });
});
