import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../domain/time/clock.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { limitTime } from '../../domain/time/time-limit.ts';
import type { Network } from '../../network/network.ts';
import type { JsonShape } from '../../validate/json-shape.ts';
import { parseKubeStatus } from '../../validate/kubernetes/kube-status.ts';
import type { ApiEndpoint } from './api-endpoint.ts';
import { type CutJson, JsonCutter } from './cut-json.ts';
import { createLiveEndpoint, type ReadEndpoint } from './live-endpoint.ts';
import { inLargePieces, openRequest, readBody } from './open-request.ts';

/** The API server answered, but not with what was asked for. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  /** HTTP status, or the `code` of a Status object in a watch. */
  readonly status: number;
  /** How long the server asked to be left alone (`Retry-After`). */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export interface KeptParts {
  /** What is kept of each object. */
  readonly shape: JsonShape;
  readonly mostBytes: number;
}

/** As whom it is asked, where that is somebody else (`Impersonate-User`). */
export interface AskedAs {
  readonly asUser?: string;
}

export interface ListOptions extends KeptParts, AskedAs {
  readonly signal: AbortSignal;
  /** Hears of each object as soon as it is there. */
  onItem(item: CutJson): void;
}

export interface StreamOptions extends KeptParts, AskedAs {
  /** Without a byte for so long, the stream is taken for dead. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** One step of a JSON patch (RFC 6902). Where a `test` meets another value, the whole patch fails. */
export type JsonPatchStep =
  | { readonly op: 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/**
 * The little of the Kubernetes API that a daemon needs, without a client library's 17 MB of memory (decision
 * 0003).
 */
export interface ApiConnection {
  /** @throws ApiFailure on any status but 2xx; Node's error when the server is away; the signal's reason */
  getJson(path: string, signal: AbortSignal): Promise<unknown>;
  /** Sends a JSON patch (RFC 6902), once. @throws as `getJson` */
  patchJson(path: string, patch: readonly JsonPatchStep[], signal: AbortSignal): Promise<void>;
  /**
   * A list, read object by object, so that it takes the memory of what is kept of it, however large it is. Resolves
   * with the rest of it. @throws as `getJson`, and when it falls silent
   */
  list(path: string, options: ListOptions): Promise<unknown>;
  /**
   * The events of a watch, one by one, their objects cut as those of a list. Ends when the server ends it; throws as
   * `getJson`, and when it falls silent.
   */
  stream(path: string, options: StreamOptions): AsyncGenerator<CutJson>;
  close(): void;
}

/** A connection that writes whole objects, too: a controller's. */
export interface WritingConnection extends ApiConnection {
  /** Sends one write, once. @returns the object that the server answers with @throws as `getJson` */
  write(request: ApiWrite, signal: AbortSignal): Promise<unknown>;
}

export interface ApiWrite extends AskedAs {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Of the body; JSON when absent. A PATCH is a merge patch (RFC 7396). */
  readonly contentType?: string;
}

export interface ApiConnectionOptions {
  readonly endpoint: ApiEndpoint;
  /** Asked before each request, so that a rotated authority or certificate is taken without a restart. */
  readonly readAgain?: ReadEndpoint;
  /** The way there, where the endpoint is not the cluster's own network; absent: straight. */
  readonly network?: Network;
  readonly userAgent: string;
  /** For one whole answer, and for the head of a stream. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** No single object is larger: etcd takes 1.5 MB. */
const largestAnswerBytes = 8 * 1024 * 1024;

export function createApiConnection(options: ApiConnectionOptions): WritingConnection {
  const { endpoint, userAgent, timeoutMs, clock } = options;
  const live = createLiveEndpoint(endpoint, { read: options.readAgain, network: options.network });
  const reason = () => new Error(`The API server did not answer within ${timeoutMs} ms.`);
  const limit = { clock, ms: timeoutMs, reason };
  const open = async (
    path: string,
    signal: AbortSignal,
    { method, text, contentType, asUser }: Sent = reading,
  ) => {
    const { server, agent, token } = await live.route();
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(text === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
      ...(asUser === undefined ? {} : { 'impersonate-user': asUser }),
    };
    const body = text === undefined ? {} : { body: text };
    const answer = await openRequest(`${server}${path}`, { method, ...body, headers, agent }, signal);
    return await expectSuccess(path, answer, method);
  };
  /** The answer's bytes as they come. The limit on its head is behind it by then, so it has a signal of its own. */
  async function* pieces(
    path: string,
    silenceMs: number,
    { signal, asUser }: AskedAs & { readonly signal: AbortSignal },
  ): AsyncGenerator<Buffer> {
    signal.throwIfAborted();
    const cut = new AbortController();
    const stop = () => cut.abort(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    try {
      const answer = await limitTime(limit, cut.signal, (inTime) => {
        inTime.addEventListener('abort', () => cut.abort(inTime.reason), { once: true });
        return open(path, cut.signal, asUser === undefined ? reading : { ...reading, asUser });
      });
      yield* untilSilent(answer, silenceMs);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
  const send = (path: string, sent: Sent | undefined, signal: AbortSignal): Promise<unknown> =>
    limitTime(limit, signal, async (inTime) => {
      const text = await readBody(await open(path, inTime, sent), largestAnswerBytes);
      return sent?.ignoresAnswer === true ? undefined : JSON.parse(text);
    });
  return {
    getJson: (path, signal) => send(path, undefined, signal),
    patchJson: async (path, patch, signal) => {
      const contentType = 'application/json-patch+json';
      const text = JSON.stringify(patch);
      await send(path, { method: 'PATCH', text, contentType, ignoresAnswer: true }, signal);
    },
    write: ({ method, path, body, contentType = usualContent[method], asUser }, signal) => {
      const text = body === undefined ? {} : { text: JSON.stringify(body) };
      const as = asUser === undefined ? {} : { asUser };
      return send(path, { method, contentType, ...text, ...as }, signal);
    },
    async list(path, { shape, mostBytes, onItem, ...asked }) {
      const cutter = new JsonCutter({
        shape: { metadata: { resourceVersion: 'always' }, items: shape },
        mostBytes,
        each: 'items',
      });
      // The list itself ends behind its last object.
      let last: CutJson | undefined;
      for await (const piece of inLargePieces(pieces(path, timeoutMs, asked))) {
        for (const next of cutter.push(piece)) {
          if (last !== undefined) {
            onItem(last);
          }
          last = next;
        }
      }
      return last !== undefined && cutter.isBetween ? last.json : undefined;
    },
    async *stream(path, { shape, mostBytes, silenceMs, ...asked }) {
      const event = { type: 'always', object: eventShape(shape) } as const;
      const cutter = new JsonCutter({ shape: event, mostBytes });
      for await (const piece of pieces(path, silenceMs, asked)) {
        yield* cutter.push(piece);
      }
    },
    close: () => live.close(),
  };
}

interface Sent extends AskedAs {
  readonly method: string;
  readonly text?: string;
  readonly contentType?: string;
  /** What comes back may be empty or anything else. */
  readonly ignoresAnswer?: true;
}

const reading: Sent = { method: 'GET' };
const usualContent = {
  POST: 'application/json',
  PUT: 'application/json',
  PATCH: 'application/merge-patch+json',
  DELETE: 'application/json',
};

async function expectSuccess(path: string, answer: IncomingMessage, verb: string): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) {
    return answer;
  }
  const body = await readBody(answer, 64 * 1024).catch(() => '');
  const { message = '' } = parseKubeStatus(body) ?? {};
  // The server's own sentence names user, verb and resource, and no secret.
  const reason = message === '' ? '' : `: ${message.slice(0, 300)}`;
  const askedMs = parseRetryAfter(answer.headers['retry-after'], Number.NaN);
  throw new ApiFailure(status, `${verb} ${path.split('?')[0]} was answered ${status}${reason}.`, askedMs);
}

/** An event may be a Status, of which the code decides. */
function eventShape(shape: JsonShape): JsonShape {
  return typeof shape === 'object' ? { ...shape, code: 'always' } : shape;
}

async function* untilSilent(answer: IncomingMessage, silenceMs: number): AsyncGenerator<Buffer> {
  const silence = setTimeout(() => {
    answer.destroy(new Error(`The API server was silent for ${silenceMs} ms.`));
  }, silenceMs);
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      silence.refresh();
      yield piece;
    }
  } finally {
    clearTimeout(silence);
    answer.destroy();
  }
}
