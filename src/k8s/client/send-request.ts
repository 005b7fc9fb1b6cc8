import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { type RequestContext, ResponseContext } from '@kubernetes/client-node';
import { PodidError } from '../../errors/podid-error.ts';
import { systemErrorCode } from '../../errors/system-error-code.ts';

export interface SendOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Instead of the content type that the generated client chose. */
  readonly contentType?: string;
  /** An answer may be other than JSON: a pod speaks, not the API server. */
  readonly anyContent?: true;
}

/**
 * Sends what client-node prepared. Its own sender follows redirects with the client certificate in hand and
 * takes a new connection for each request; this one does neither, and bounds time and size.
 *
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
export async function sendRequest(context: RequestContext, options: SendOptions): Promise<ResponseContext> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const url = new URL(context.getUrl());
  try {
    const answer = await exchange(context, options.contentType, AbortSignal.any([options.signal, limit]));
    const ok = answer.status >= 200 && answer.status < 300;
    if (ok && !options.anyContent && !answer.contentType.startsWith('application/json')) {
      throw unusableAnswer(url.host);
    }
    const body = Promise.resolve(answer.body);
    return new ResponseContext(
      answer.status,
      { 'content-type': answer.contentType, 'retry-after': answer.retryAfter },
      { binary: () => body, text: async () => (await body).toString('utf8') },
    );
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof PodidError) {
      throw error;
    }
    throw unreachable(url.host, limit.aborted ? 'ETIMEDOUT' : codeOf(error), options.timeoutMs);
  }
}

export function unusableAnswer(host: string): PodidError {
  return new PodidError('ClusterUnreachable', `What answers at ${host} is no API server.`, {
    hint: reachHint,
  });
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string;
  readonly body: Buffer;
}

async function exchange(
  context: RequestContext,
  contentType: string | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const url = new URL(context.getUrl());
  const agent = context.getAgent();
  const body = context.getBody();
  const payload = Buffer.from(typeof body === 'string' ? body : '');
  const headers = {
    ...context.getHeaders(),
    ...(contentType ? { 'Content-Type': contentType } : {}),
    // Node frames the body of a DELETE by no means of its own, and the server would take it for the next
    // request.
    ...(payload.length > 0 ? { 'Content-Length': payload.length } : {}),
  };
  const options = {
    method: context.getHttpMethod().toString(),
    headers,
    signal,
    ...(agent ? { agent } : {}),
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = url.protocol === 'http:' ? plainRequest(url, options) : tlsRequest(url, options);
    request.on('response', resolve).on('error', reject);
    request.end(payload);
  });
  return {
    status: response.statusCode ?? 0,
    contentType: response.headers['content-type'] ?? '',
    retryAfter: response.headers['retry-after'] ?? '',
    body: await readBody(response),
  };
}

/** Far above 500 objects a page; a body beyond it comes from no API server. */
const maxBodyBytes = 64 * 1024 * 1024;

async function readBody(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) {
      throw Object.assign(new Error('The answer has no end.'), { code: 'EMSGSIZE' });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function unreachable(host: string, code: string, timeoutMs: number): PodidError {
  const why = code === 'ETIMEDOUT' ? `no answer within ${timeoutMs / 1000} s` : code;
  const message = `The cluster's API at ${host} cannot be reached: ${why}.`;
  return new PodidError('ClusterUnreachable', message, { hint: reachHint, details: [{ code, message }] });
}

const reachHint =
  'The same command from where the API server can be reached, or with --kubeconfig FILE --context NAME; for a private cluster through Azure, where the command takes it: --via run-command, as in podid mirror --via run-command';

/** The code alone: messages of TLS errors quote certificates. */
function codeOf(error: unknown): string {
  return systemErrorCode(error) ?? 'the connection failed';
}
