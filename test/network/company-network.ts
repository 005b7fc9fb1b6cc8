import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** What the proxy does with a CONNECT: lets it through, answers so instead, or says nothing and hangs up. */
export type ProxyConduct = 'tunnel' | 'hang up' | { readonly status: string; readonly headers?: string };

/**
 * A network as companies have it: out goes the way through one proxy alone, behind which every host below
 * `example.test` answers, and `dev.azure.com`, with certificates of the company's own authority.
 */
export interface CompanyNetwork extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`. */
  readonly proxy: string;
  /** The authority's certificate, a PEM file. */
  readonly authority: string;
  /** `HOST:PORT` of each CONNECT, with the user and password that came along. */
  readonly asked: { readonly host: string; readonly signIn: string }[];
  conduct: ProxyConduct;
  /** A certificate with its key, PEM, for whoever signs in by one. */
  readonly certificate: string;
}

/** Takes a connection over, as a server of WebSockets does. */
type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** @param answer what stands behind the proxy; a URL: what is there, with `https://HOST` in place of that URL */
export async function companyNetwork(
  answer: RequestListener | string,
  upgrade?: Upgrade,
): Promise<CompanyNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'podid-company-'));
  const { cert, key } = certificateIn(folder);
  const handle = typeof answer === 'string' ? standsFor(answer) : answer;
  const behind = createTlsServer({ cert, key }, handle);
  if (upgrade !== undefined) {
    behind.on('upgrade', upgrade);
  }
  const asked: { host: string; signIn: string }[] = [];
  const sockets = new Set<Socket>();
  const proxy = createServer();
  const network: CompanyNetwork = {
    proxy: '',
    authority: join(folder, 'ca.crt'),
    asked,
    conduct: 'tunnel',
    certificate: `${cert}${key}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) {
        socket.destroy();
      }
      await Promise.all([closed(proxy), closed(behind)]);
      rmSync(folder, { recursive: true });
    },
  };
  proxy.on('connect', ({ url = '', headers }: IncomingMessage, socket: Socket) => {
    const [, basic = ''] = (headers['proxy-authorization'] ?? '').split(' ');
    asked.push({ host: url, signIn: Buffer.from(basic, 'base64').toString() });
    sockets.add(socket.on('error', () => socket.destroy()));
    if (network.conduct === 'hang up') {
      socket.destroy();
    } else if (network.conduct === 'tunnel') {
      const onward = connect((behind.address() as AddressInfo).port, '127.0.0.1');
      sockets.add(onward.on('error', () => socket.destroy()));
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    } else {
      const { status, headers: more = '' } = network.conduct;
      socket.end(`HTTP/1.1 ${status}\r\n${more}\r\n`);
    }
  });
  await Promise.all([
    once(proxy.listen(0, '127.0.0.1'), 'listening'),
    once(behind.listen(0, '127.0.0.1'), 'listening'),
  ]);
  return Object.assign(network, { proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` });
}

async function closed(server: Server | ReturnType<typeof createTlsServer>): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

function certificateIn(folder: string): { readonly cert: Buffer; readonly key: Buffer } {
  const at = (name: string) => join(folder, name);
  const make = (name: string, ...more: readonly string[]) =>
    execFileSync(
      'openssl',
      [
        ...'req -x509 -nodes -days 2 -newkey rsa:2048'.split(' '),
        ...['-subj', `/CN=${name}`, '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`), ...more],
      ],
      { stdio: 'pipe' },
    );
  make('ca');
  const signed = [
    '-CA',
    at('ca.crt'),
    '-CAkey',
    at('ca.key'),
    '-addext',
    'basicConstraints=critical,CA:false',
  ];
  make(
    'host',
    ...signed,
    '-addext',
    'subjectAltName=DNS:*.example.test,DNS:*.hcp.example.test,DNS:dev.azure.com',
  );
  return { cert: readFileSync(at('host.crt')), key: readFileSync(at('host.key')) };
}

/** Another server under the names of this network. */
function standsFor(url: string): RequestListener {
  return async (incoming, response) => {
    const { method, headers, url: path = '/' } = incoming;
    const own = `https://${headers.host}`;
    const forward = request(`${url}${path}`, { method, headers: { ...headers, host: new URL(url).host } });
    forward.on('error', () => response.destroy());
    forward.on('response', async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) {
        chunks.push(chunk as Buffer);
      }
      const body = Buffer.concat(chunks).toString('utf8').replaceAll(url, own);
      const { 'content-length': _, 'transfer-encoding': __, ...kept } = answer.headers;
      const moved = Object.entries(kept).map(([name, value]) => [name, String(value).replaceAll(url, own)]);
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(moved)).end(body);
    });
    incoming.pipe(forward);
  };
}
