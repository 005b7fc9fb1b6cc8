import { type Agent, type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import type { Duplex } from 'node:stream';

export interface ApiRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Absent: Node's own. */
  readonly agent?: Agent;
}

/**
 * Idle time before the kernel asks whether the peer is still there. libuv then asks every second, ten times,
 * so a firewall that forgot the connection is noticed in under half a minute.
 */
export const keepAliveProbeMs = 15_000;

/** To a request that says nothing a server or a proxy may answer in any encoding (RFC 9110, 12.5.3). */
const uncompressed = { 'accept-encoding': 'identity' };

/**
 * The one way to an API server: a request goes out, and its answer comes back as soon as its head is there.
 * No redirect is followed, with a client certificate in hand least of all.
 *
 * @throws Node's error when the server is away; the signal's reason
 */
export function openRequest(
  url: string,
  { method, headers, body, agent }: ApiRequest,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = url.startsWith('http:') ? plainRequest : tlsRequest;
  // Node frames the body of a DELETE by no means of its own, and the server would take it for the next
  // request.
  const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
  const options = {
    method,
    headers: { ...uncompressed, ...headers, ...length },
    signal,
    ...(agent ? { agent } : {}),
  };
  return new Promise((resolve, reject) => {
    const request = send(url, options, resolve);
    request.on('socket', (socket: Duplex & { setKeepAlive?: (on: boolean, ms: number) => void }) =>
      socket.setKeepAlive?.(true, keepAliveProbeMs),
    );
    request.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    request.end(body);
  });
}

/** @throws when the answer is longer than any that an API server gives */
export async function readBody(answer: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) {
      answer.destroy();
      throw Object.assign(new Error(`The API server's answer is larger than ${mostBytes} bytes.`), {
        code: 'EMSGSIZE',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The same bytes in fewer pieces: a record of TLS holds 16 kB, which are two pods or three. */
export async function* inLargePieces(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes >= 64 * 1024) {
      yield Buffer.concat(held);
      held = [];
      bytes = 0;
    }
  }
  yield Buffer.concat(held);
}
