import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectAzure } from '../../src/arm/connect-azure.ts';
import type { AzureChoice } from '../../src/arm/sign-in/read-azure-settings.ts';
import type { Azure } from '../../src/domain/ports.ts';
import type { Clock } from '../../src/domain/time/clock.ts';

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, seen: Seen, url: string) => void;

export interface ArmServer {
  readonly url: string;
  readonly seen: Seen[];
  /** Everything `--debug` said. */
  readonly debug: () => string;
  azure(more?: Partial<AzureChoice>, environment?: Record<string, string>): Promise<Azure>;
  close(): Promise<void>;
}

/** Claims: upn anna@contoso.com, oid 0b1ec7. */
export const token = `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ upn: 'anna@contoso.com', oid: '0b1ec7' })).toString('base64url')}.c2lnbmF0dXJl`;

/** A server on loopback that gives the answers in their order and fails on requests beyond them. */
export async function serveArm(...answers: Answer[]): Promise<ArmServer> {
  const seen: Seen[] = [];
  const lines: string[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const { method = '', url: path = '', headers } = request;
    const entry = { method, url: path, headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(entry);
    const answer =
      answers.shift() ?? json(501, { error: { code: 'Unexpected', message: `${method} ${path}` } });
    answer(response, entry, url);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    seen,
    debug: () => lines.join('\n'),
    azure: (more = {}, environment = {}) =>
      connectAzure({
        environment: { PODID_ARM_ENDPOINT: url, PODID_ARM_TOKEN: token, ...environment },
        clock: instantClock,
        userAgent: 'podid/0.0.0-test',
        debug: (text) => lines.push(text),
        requestTimeoutMs: 30_000,
        readRetries: { count: 2, firstMs: 1 },
        ...more,
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return text(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

export function text(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (response) => response.writeHead(status, headers).end(body);
}

export const hang: Answer = () => undefined;

/** Headers and the beginning of a body, and then nothing more. */
export const hangInBody: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"id":');
};

export const truncate: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
  response.write('{"id":', () => response.destroy());
};

export const reset: Answer = (response) => {
  response.socket?.resetAndDestroy();
};

/** Waits of the adapters pass at once; the SDK's own are as short as the settings make them. */
export const instantClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  random: () => 0,
  sleep: async (_ms, signal) => {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
  },
};
