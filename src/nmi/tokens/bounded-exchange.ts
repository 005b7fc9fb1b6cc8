import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface ExchangeOptions {
  /** `protocol` chooses TLS; `agent` defaults to a connection of its own. */
  readonly request: RequestOptions;
  readonly body?: string;
  /** Larger answers are cut off and fail. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/**
 * One HTTP request and its whole answer. Redirects are not followed.
 * @throws the signal's reason, or Node's error for refused, reset and truncated connections
 */
export function exchange(options: ExchangeOptions): Promise<HttpAnswer> {
  const { request, body, maxBytes, signal } = options;
  const send = request.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(signal.aborted ? signal.reason : error);
    const sent = send({ agent: false, ...request, signal }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxBytes) {
          sent.destroy(new Error(`The answer is larger than ${maxBytes} bytes.`));
        }
      });
      answer.on('error', fail);
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', fail);
    sent.end(body);
  });
}
