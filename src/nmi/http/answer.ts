import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Repeats } from '../../runtime/connections/repeated-requests.ts';
import type { AccessToken, TokenAnswer } from '../tokens/token.ts';
import { version } from '../version.ts';
import type { ErrorAnswer } from './error-answer.ts';

/** One request on its way through the routes. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Address of the socket's other end, IPv4 where it is one. */
  readonly peer: string;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  /** Where an answer may be left for when the same is asked again. */
  readonly repeats?: Repeats | undefined;
}

/** Distinguishes the agent from IMDS: a probe in a pod looks for it. */
export const agentHeader = 'X-Podid-Agent';

const jsonType = 'application/json; charset=utf-8';

/** @param json ASCII, so that its length in characters is its length in bytes */
export function answerJson(exchange: Exchange, status: number, json: string, retryAfterSec = 0): void {
  const headers: (string | number)[] = [
    'Content-Type',
    jsonType,
    'Content-Length',
    json.length,
    'Cache-Control',
    'no-store',
    agentHeader,
    version,
  ];
  if (retryAfterSec > 0) {
    headers.push('Retry-After', retryAfterSec);
  }
  send(exchange, { status, headers, body: json });
}

/** IMDS's error shape. */
export function answerError(exchange: Exchange, error: ErrorAnswer): void {
  const json = asciiJson({ error: error.error, error_description: error.description });
  answerJson(exchange, error.status, json, error.retryAfterSec);
}

export function answerBytes(exchange: Exchange, status: number, type: string, body: Buffer | string): void {
  const headers = ['Content-Type', type, 'Content-Length', Buffer.byteLength(body), agentHeader, version];
  send(exchange, { status, headers, body });
}

/** JSON with every character beyond ASCII escaped. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

interface Answer {
  readonly status: number;
  readonly headers: (string | number)[];
  readonly body: Buffer | string;
}

function send({ request, response }: Exchange, { status, headers, body }: Answer): void {
  if (response.destroyed || response.headersSent) {
    return;
  }
  // What is left of a body is not read: the next request on this connection would have to wait for it.
  if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
    headers.push('Connection', 'close');
  }
  response.writeHead(status, headers as unknown as string[]);
  // With a string, header and body leave in one write; latin1 spares the search for wider characters.
  response.end(request.method === 'HEAD' ? undefined : body, 'latin1');
}

export interface TokenJson {
  /** IMDS's answer: an object, or, for a service principal with auxiliary tenants, an array of them. */
  forPod(answer: TokenAnswer, nowMs: number): string;
  /** The Key Vault driver's: the first token and the client id it belongs to. */
  forHost(answer: TokenAnswer, nowMs: number): string;
}

/** Whole answers with a token, header and all, as Node writes them. */
export interface WholeAnswers {
  /** @param isLast the connection ends with it; else it is kept */
  forPod(answer: TokenAnswer, nowMs: number, isLast: boolean): string;
}

/**
 * Each is written once a second, and sent to all who ask within it.
 * @param idleMs for how long a connection is kept
 */
export function createWholeAnswers(json: Pick<TokenJson, 'forPod'>, idleMs: number): WholeAnswers {
  const createWritten = () => new WeakMap<TokenAnswer, { readonly leftSec: number; readonly text: string }>();
  const kept = createWritten();
  const last = createWritten();
  return {
    forPod(answer, nowMs, isLast) {
      const written = isLast ? last : kept;
      const leftSec = secondsLeft(answer[0], nowMs);
      const known = written.get(answer);
      if (known?.leftSec === leftSec) {
        return known.text;
      }
      const body = json.forPod(answer, nowMs);
      const text = [
        'HTTP/1.1 200 OK',
        `Content-Type: ${jsonType}`,
        `Content-Length: ${body.length}`,
        'Cache-Control: no-store',
        `${agentHeader}: ${version}`,
        `Date: ${new Date(nowMs).toUTCString()}`,
        ...(isLast
          ? ['Connection: close']
          : ['Connection: keep-alive', `Keep-Alive: timeout=${Math.floor(idleMs / 1000)}`]),
        '',
        body,
      ].join('\r\n');
      written.set(answer, { leftSec, text });
      return text;
    },
  };
}

function secondsLeft({ expiresOnSec }: AccessToken, nowMs: number): number {
  return Math.max(0, Math.floor(expiresOnSec - nowMs / 1000));
}

interface Pieces {
  readonly before: string;
  readonly between: string;
  readonly after: string;
}

/** Everything but the seconds that are left is written once a token. */
export function createTokenJson(): TokenJson {
  const written = new WeakMap<AccessToken, Pieces>();
  const render = (token: AccessToken, nowMs: number) => {
    let pieces = written.get(token);
    if (pieces === undefined) {
      pieces = write(token);
      written.set(token, pieces);
    }
    const leftSec = secondsLeft(token, nowMs);
    return `${pieces.before}${leftSec}${pieces.between}${leftSec}${pieces.after}`;
  };
  return {
    forPod(answer, nowMs) {
      return answer.length === 1
        ? render(answer[0], nowMs)
        : `[${answer.map((token) => render(token, nowMs)).join(',')}]`;
    },
    forHost([first], nowMs) {
      return `{"token":${render(first, nowMs)},"clientid":${asciiJson(first.clientId)}}`;
    },
  };
}

/** Numbers are decimal strings, and none is ever empty: Go's clients read them as numbers. */
function write(token: AccessToken): Pieces {
  const { accessToken, clientId, expiresOnSec, notBeforeSec, resource, tokenType } = token;
  const tail = { not_before: String(notBeforeSec), resource, token_type: tokenType };
  return {
    before: `{"access_token":${asciiJson(accessToken)},"client_id":${asciiJson(clientId)},"expires_in":"`,
    between: `","expires_on":"${expiresOnSec}","ext_expires_in":"`,
    after: `",${asciiJson(tail).slice(1)}`,
  };
}
