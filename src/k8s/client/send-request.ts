import type { Agent } from 'node:http';
import { PodidError } from '../../errors/podid-error.ts';
import { systemErrorCode } from '../../errors/system-error-code.ts';
import { type ApiRequest, openRequest, readBody } from './open-request.ts';

/** An API server with what every request to it carries. */
export interface ClusterAccess {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  /** TLS options and, where there is one, the proxy. */
  readonly agent?: Agent;
}

export interface SendOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** An answer may be other than JSON: a pod speaks, not the API server. */
  readonly anyContent?: true;
}

/** An answer of any status. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string;
  readonly text: string;
}

/** Far above 500 objects a page; a body beyond it comes from no API server. */
const maxBodyBytes = 64 * 1024 * 1024;

/**
 * One request, once, bounded in time and size.
 *
 * @param path with its query
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
export async function sendRequest(
  { server, headers, agent }: ClusterAccess,
  path: string,
  request: Omit<ApiRequest, 'agent'>,
  { timeoutMs, signal, anyContent }: SendOptions,
): Promise<Answer> {
  const limit = AbortSignal.timeout(timeoutMs);
  const { host } = new URL(server);
  const whole = { ...request, headers: { ...request.headers, ...headers }, ...(agent ? { agent } : {}) };
  try {
    const response = await openRequest(
      `${server.replace(/\/+$/, '')}${path}`,
      whole,
      AbortSignal.any([signal, limit]),
    );
    const status = response.statusCode ?? 0;
    const { 'content-type': contentType = '', 'retry-after': retryAfter = '' } = response.headers;
    const text = await readBody(response, maxBodyBytes);
    if (status >= 200 && status < 300 && !anyContent && !contentType.startsWith('application/json')) {
      throw unusableAnswer(host);
    }
    return { status, contentType, retryAfter, text };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PodidError) {
      throw error;
    }
    throw unreachable(host, limit.aborted ? 'ETIMEDOUT' : codeOf(error), timeoutMs);
  }
}

export function unusableAnswer(host: string): PodidError {
  return new PodidError('ClusterUnreachable', `What answers at ${host} is no API server.`, {
    hint: reachHint,
  });
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
