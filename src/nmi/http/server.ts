import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../domain/time/clock.ts';
import type { Repeats } from '../../runtime/connections/repeated-requests.ts';
import { normalAddress } from '../cluster/pod-index.ts';
import { answerError, type Exchange } from './answer.ts';
import { type CanonicalTarget, canonicalTarget } from './canonical-path.ts';
import { badRequest, type ErrorAnswer } from './error-answer.ts';
import { notFound } from './metadata-access.ts';

export interface NmiRoutes {
  token(exchange: Exchange, query: string): void | Promise<void>;
  hostToken(exchange: Exchange, query: string): void | Promise<void>;
  metadata(exchange: Exchange, target: CanonicalTarget): void | Promise<void>;
}

export interface NmiHandlerOptions {
  readonly routes: NmiRoutes;
  readonly clock: Clock;
  /** `--metadata-header-required`. */
  readonly headerRequired: boolean;
  /** Called for each request that is refused here, before any route. */
  onRefused(exchange: Exchange, answer: ErrorAnswer): void;
}

const tokenPath = '/metadata/identity/oauth2/token';
const questionMark = 63;

/**
 * The route table. What is decided here is decided on the canonical path alone, and what is not in the table
 * does not exist.
 */
export function createNmiHandler(options: NmiHandlerOptions) {
  const { routes, clock, headerRequired, onRefused } = options;
  const refuse = (exchange: Exchange, answer: ErrorAnswer): void => {
    answerError(exchange, answer);
    onRefused(exchange, answer);
  };
  return (request: IncomingMessage, response: ServerResponse, repeats?: Repeats): void | Promise<void> => {
    const exchange: Exchange = {
      request,
      response,
      repeats,
      peer: normalAddress(request.socket.remoteAddress ?? ''),
      startedAt: clock.monotonic(),
    };
    const target = readTarget(request.url ?? '');
    if (target === undefined) {
      return refuse(exchange, unreadable);
    }
    if (target.path === '/host/token') {
      const answer = forwardedErrorAnswer(request);
      return answer === undefined ? routes.hostToken(exchange, target.query) : refuse(exchange, answer);
    }
    if (!target.path.startsWith('/metadata/')) {
      return refuse(exchange, notFound);
    }
    const answer = forwardedErrorAnswer(request) ?? (headerRequired ? headerErrorAnswer(request) : undefined);
    if (answer !== undefined) {
      return refuse(exchange, answer);
    }
    if (target.path !== tokenPath) {
      return routes.metadata(exchange, target);
    }
    return request.method === 'GET' || request.method === 'POST'
      ? routes.token(exchange, target.query)
      : refuse(exchange, wrongMethod);
  };
}

const unreadable = badRequest('bad-path', 'The path is ambiguous.');
const wrongMethod: ErrorAnswer = {
  ...notFound,
  status: 405,
  reason: 'method',
  description: 'Tokens are requested with GET.',
};
const noHeader = badRequest('no-metadata-header', 'Required metadata header not specified');
const wasForwarded = badRequest(
  'forwarded',
  'Requests that came through a proxy (X-Forwarded-For) are refused.',
);

const exactToken: readonly string[] = tokenPath.slice(1).split('/');

/** Nearly every request has the very path that the SDKs send; the long way is for the rest. */
function readTarget(url: string): CanonicalTarget | undefined {
  if (url.startsWith(tokenPath) && url.charCodeAt(tokenPath.length) === questionMark) {
    return { path: tokenPath, segments: exactToken, query: url.slice(tokenPath.length + 1) };
  }
  return canonicalTarget(url);
}

function headerErrorAnswer({ headers }: IncomingMessage): ErrorAnswer | undefined {
  const value = headers['metadata'];
  // Node joins repeated headers by a comma, and so a doubled one is refused as well.
  return typeof value === 'string' && value.toLowerCase() === 'true' ? undefined : noHeader;
}

/** As IMDS does: a request that somebody forwarded may be somebody else's. */
function forwardedErrorAnswer({ headers }: IncomingMessage): ErrorAnswer | undefined {
  return headers['x-forwarded-for'] === undefined ? undefined : wasForwarded;
}
