import type { IncomingMessage, ServerResponse } from 'node:http';

const kinds = [
  '400',
  '403',
  '404',
  '410',
  '429',
  '500',
  '502',
  '503',
  'html',
  'truncated',
  'hang',
  'drop',
  'wrong-json',
  'empty',
] as const;

/**
 * What is wrong with IMDS. A status of three digits comes with IMDS's JSON; `html` is a proxy's page with
 * status 200; `hang` never answers; `drop` closes the connection; `wrong-json` is a token answer without its
 * members.
 */
export interface ImdsFault {
  readonly kind: (typeof kinds)[number];
  /** How many requests it meets; all, when absent. */
  readonly times?: number;
  /** Seconds in `Retry-After`. */
  readonly retryAfterSec?: number;
  /** Only requests that name this client id; all, when absent. */
  readonly clientId?: string;
}

export interface ImdsFaults {
  set(faults: readonly ImdsFault[]): void;
  /** The fault that meets a request, counted down. */
  take(clientId: string): ImdsFault | undefined;
}

export function createImdsFaults(): ImdsFaults {
  let active: { fault: ImdsFault; left: number }[] = [];
  return {
    set(faults) {
      active = faults.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    },
    take(clientId) {
      const found = active.find(
        ({ fault, left }) => left > 0 && (fault.clientId === undefined || fault.clientId === clientId),
      );
      if (found !== undefined) {
        found.left -= 1;
      }
      return found?.fault;
    },
  };
}

/** @throws RangeError that names what cannot be read */
export function parseImdsFaults(value: unknown): readonly ImdsFault[] {
  const faults = Array.isArray(value) ? value : [value];
  for (const fault of faults) {
    if (!kinds.includes(fault?.kind)) {
      throw new RangeError(`An IMDS fault has a kind, one of ${kinds.join(', ')}.`);
    }
  }
  return faults as readonly ImdsFault[];
}

export function answerWithFault(fault: ImdsFault, request: IncomingMessage, response: ServerResponse): void {
  const retry = fault.retryAfterSec === undefined ? {} : { 'retry-after': String(fault.retryAfterSec) };
  const json = { 'content-type': 'application/json; charset=utf-8', ...retry };
  switch (fault.kind) {
    case 'html':
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<html><body>Sign in to the proxy</body></html>');
      return;
    case 'truncated':
      response.writeHead(200, { ...json, 'content-length': '2000' });
      response.write('{"access_token":"eyJ', () => response.destroy());
      return;
    case 'hang':
      return;
    case 'drop':
      request.socket.destroy();
      return;
    case 'wrong-json':
      response.writeHead(200, json).end('{"token":{"value":1},"expires_on":null}');
      return;
    case 'empty':
      response.writeHead(200, json).end();
      return;
    default:
      response.writeHead(Number(fault.kind), json).end(
        JSON.stringify({
          error: errorWords[fault.kind] ?? 'unknown',
          error_description: 'A fault of the emulator',
        }),
      );
  }
}

const errorWords: Readonly<Record<string, string>> = {
  '400': 'invalid_request',
  '403': 'access_denied',
  '404': 'not_found',
  '429': 'too_many_requests',
};
