import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { untilAborted } from '../../../domain/time/time-limit.ts';

/** What Entra sends the browser back with. */
export type BrowserReturn =
  | { readonly kind: 'code'; readonly code: string }
  | { readonly kind: 'refused'; readonly error: string; readonly sentence: string };

export interface BrowserListener extends AsyncDisposable {
  /** `http://localhost:PORT`: Entra lets a public client choose the port. */
  readonly redirectUri: string;
  /** @throws the signal's reason */
  returned(signal: AbortSignal): Promise<BrowserReturn>;
}

/**
 * A port of this machine alone, for the one request by which the browser brings the code. Whoever does not know
 * `state` is not heard.
 */
export async function listenForBrowser(state: string): Promise<BrowserListener> {
  let heard: (found: BrowserReturn) => void = () => undefined;
  const back = new Promise<BrowserReturn>((resolve) => {
    heard = resolve;
  });
  const server = createServer((request, response) => {
    const found = returnIn(request, state);
    answer(response, found);
    if (found !== undefined) {
      heard(found);
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    redirectUri: `http://localhost:${(server.address() as AddressInfo).port}`,
    returned: (signal) => untilAborted(back, signal),
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
    },
  };
}

function returnIn({ method, url = '/' }: IncomingMessage, state: string): BrowserReturn | undefined {
  const query = new URL(url, 'http://localhost').searchParams;
  const [code, error] = [query.get('code'), query.get('error')];
  if (method !== 'GET' || query.get('state') !== state) {
    return undefined;
  }
  if (code !== null) {
    return { kind: 'code', code };
  }
  return error === null
    ? undefined
    : { kind: 'refused', error, sentence: query.get('error_description') ?? '' };
}

function answer(response: ServerResponse, found: BrowserReturn | undefined): void {
  const text =
    found === undefined
      ? 'Nothing is here.'
      : found.kind === 'code'
        ? 'podid is signed in. You can close this page.'
        : 'Entra refused the sign-in. podid says why in its terminal. You can close this page.';
  response
    .writeHead(found === undefined ? 404 : 200, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      connection: 'close',
    })
    .end(`${text}\n`);
}
