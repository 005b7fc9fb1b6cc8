import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock } from '../../domain/time/clock.ts';
import { limitTime } from '../../domain/time/time-limit.ts';
import { parseKubeStatus } from '../../validate/kubernetes/kube-status.ts';
import type { ApiEndpoint } from './api-endpoint.ts';
import { keepAliveProbeMs, openRequest, readBody } from './open-request.ts';

/** The API server answered, but not with what was asked for. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  /** HTTP status, or the `code` of a Status object in a watch. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface StreamOptions {
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
   * The JSON lines of a watch, one by one. Ends when the server ends it; throws as `getJson`, and when it
   * falls silent.
   */
  stream(path: string, options: StreamOptions): AsyncGenerator<unknown>;
  close(): void;
}

export interface ApiConnectionOptions {
  readonly endpoint: ApiEndpoint;
  readonly userAgent: string;
  /** For one whole answer, and for the head of a stream. */
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** A list of all identities of a large cluster is some MB; what is larger than this is not a list. */
const largestAnswerBytes = 256 * 1024 * 1024;
const largestLineBytes = 16 * 1024 * 1024;

export function createApiConnection(options: ApiConnectionOptions): ApiConnection {
  const { endpoint, userAgent, timeoutMs, clock } = options;
  const secure = endpoint.server.startsWith('https:');
  const agentOptions = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs, ...endpoint.tls };
  const agent = secure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const reason = () => new Error(`The API server did not answer within ${timeoutMs} ms.`);
  const limit = { clock, ms: timeoutMs, reason };
  const open = async (path: string, signal: AbortSignal, patch?: string) => {
    const token = await endpoint.token();
    const headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(patch === undefined ? {} : { 'content-type': 'application/json-patch+json' }),
    };
    const body = patch === undefined ? { method: 'GET' } : { method: 'PATCH', body: patch };
    const answer = await openRequest(`${endpoint.server}${path}`, { ...body, headers, agent }, signal);
    return await expectSuccess(path, answer, body.method);
  };
  return {
    getJson: (path, signal) =>
      limitTime(limit, signal, async (inTime) =>
        JSON.parse(await readBody(await open(path, inTime), largestAnswerBytes)),
      ),
    patchJson: (path, patch, signal) =>
      limitTime(limit, signal, async (inTime) => {
        await readBody(await open(path, inTime, JSON.stringify(patch)), largestAnswerBytes);
      }),
    async *stream(path, { silenceMs, signal }) {
      const cut = new AbortController();
      const stop = () => cut.abort(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      try {
        const answer = await limitTime(limit, signal, (inTime) => {
          // The stream goes on once this limit is behind it, so it has a signal of its own.
          inTime.addEventListener('abort', () => cut.abort(inTime.reason), { once: true });
          return open(path, cut.signal);
        });
        yield* jsonLines(answer, silenceMs);
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
    close: () => agent.destroy(),
  };
}

async function expectSuccess(path: string, answer: IncomingMessage, verb: string): Promise<IncomingMessage> {
  const status = answer.statusCode ?? 0;
  if (status >= 200 && status < 300) {
    return answer;
  }
  const body = await readBody(answer, 64 * 1024).catch(() => '');
  const { message = '' } = parseKubeStatus(body) ?? {};
  // The server's own sentence names user, verb and resource, and no secret.
  const reason = message === '' ? '' : `: ${message.slice(0, 300)}`;
  throw new ApiFailure(status, `${verb} ${path.split('?')[0]} was answered ${status}${reason}.`);
}

async function* jsonLines(answer: IncomingMessage, silenceMs: number): AsyncGenerator<unknown> {
  const silence = setTimeout(() => {
    answer.destroy(new Error(`The watch was silent for ${silenceMs} ms.`));
  }, silenceMs);
  let rest = '';
  answer.setEncoding('utf8');
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      silence.refresh();
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (rest.length > largestLineBytes) {
        throw new Error(`An event of the watch is larger than ${largestLineBytes} bytes.`);
      }
      for (const line of lines) {
        if (line !== '') {
          yield JSON.parse(line);
        }
      }
    }
  } finally {
    clearTimeout(silence);
    answer.destroy();
  }
}
