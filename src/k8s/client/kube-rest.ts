import type { Agent } from 'node:http';
import { isLoopbackHost } from '../../domain/azure/loopback-host.ts';
import { startEmulatorCommand } from '../../domain/hints/emulator-command.ts';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { advice, command } from '../../errors/hint.ts';
import { isPodidError, PodidError } from '../../errors/podid-error.ts';
import { systemErrorCode } from '../../errors/system-error-code.ts';
import type { NetworkFault } from '../../network/explain-network-fault.ts';
import { type KubeFailure, kubeFailure } from './map-kube-error.ts';
import { type ApiRequest, openRequest, readBody } from './open-request.ts';

/** An API server with what every request to it carries. */
export interface ClusterAccess {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  /** TLS options and, where there is one, the proxy. */
  readonly agent?: Agent;
  /** Why nothing came back, in words; absent: by the code of the error alone. */
  readonly explain?: (error: unknown) => Promise<NetworkFault>;
}

export interface RestRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Of the body; JSON when absent. */
  readonly contentType?: string;
}

/** An answer other than 2xx is a value: some of them decide what comes next. */
export type RestReply =
  | { readonly body: unknown; readonly failure?: undefined }
  | { readonly body?: undefined; readonly failure: KubeFailure };

/**
 * One request to the API server, sent again while it is only busy. @throws PodidError ClusterUnreachable, and
 * the signal's reason
 */
export type KubeRest = (request: RestRequest, signal: AbortSignal) => Promise<RestReply>;

/** What stands behind a path, as text of any status: a pod speaks there, not the API server. Sent once. */
export type AskPod = (path: string, signal: AbortSignal) => Promise<Pick<Answer, 'status' | 'text'>>;

export const applyContent = 'application/apply-patch+yaml';
export const mergeContent = 'application/merge-patch+json';

export function kubeRest(
  access: ClusterAccess,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): KubeRest {
  return async ({ method, path, query = {}, body, contentType = 'application/json' }, signal) => {
    const asked = new URLSearchParams(query).toString();
    const request = {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': contentType }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const whole = asked === '' ? path : `${path}?${asked}`;
    const send = () => sendRequest(access, whole, request, { timeoutMs, signal });
    const { status, text } = await sendAgain(send, clock, signal);
    return status >= 300
      ? { failure: kubeFailure(status, text) }
      : { body: parse(text, new URL(access.server).host) };
  };
}

/**
 * Sends up to four times while the API server is busy (429 and 5xx) or drops the connection, waiting as long
 * as `Retry-After` says, else with backoff and jitter. That is safe for the mirror's writes too: each names
 * the version it is meant for, or fails on what exists.
 *
 * @throws PodidError ClusterUnreachable, and the signal's reason
 */
async function sendAgain(send: () => Promise<Answer>, clock: Clock, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; attempt < attempts; attempt += 1) {
    const answer = await send().catch(unlessDropped);
    if (answer !== undefined && answer.status !== 429 && answer.status < 500) {
      return answer;
    }
    const askedMs = parseRetryAfter(answer?.retryAfter, clock.now());
    const pauseMs = askedMs ?? backoffMs(backoff, attempt, clock.random());
    await clock.sleep(Math.min(pauseMs, longestWaitMs), signal);
  }
  return send();
}

const attempts = 4;
const backoff = { firstMs: 400, mostMs: 1_600 };
const longestWaitMs = 10_000;

function unlessDropped(error: unknown): undefined {
  const codes = isPodidError(error, 'ClusterUnreachable') ? error.details.map(({ code }) => code) : [];
  if (!codes.includes('ECONNRESET') && !codes.includes('EPIPE')) {
    throw error;
  }
}

export function askPod(access: ClusterAccess, timeoutMs: number): AskPod {
  return (path, signal) =>
    sendRequest(access, path, { method: 'GET', headers: {} }, { timeoutMs, signal, anyContent: true });
}

interface SendOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** An answer may be other than JSON: a pod speaks, not the API server. */
  readonly anyContent?: true;
}

/** An answer of any status. */
interface Answer {
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
async function sendRequest(
  { server, headers, agent, explain }: ClusterAccess,
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
    if (limit.aborted) {
      throw unreachable(host, 'ETIMEDOUT', { reason: `no answer within ${timeoutMs / 1000} s.` });
    }
    const code = codeOf(error);
    throw unreachable(host, code, (await explain?.(error)) ?? { reason: `${code}.` });
  }
}

export function unusableAnswer(host: string): PodidError {
  return new PodidError('ClusterUnreachable', `What answers at ${host} is not an API server.`, {
    hint: reachHint,
  });
}

export function unreachable(host: string, code: string, fault: Partial<NetworkFault>): PodidError {
  const message = `The cluster's API at ${host} cannot be reached: ${fault.reason}`;
  const isHere = isLoopbackHost(new URL(`https://${host}`).hostname);
  // What is wrong with a proxy or a certificate is the same from wherever the way leads there.
  const lasting = fault.mayPass === false ? fault.hint : undefined;
  const hint = isHere ? loopbackHint : (lasting ?? reachHint);
  return new PodidError('ClusterUnreachable', message, { hint, details: [{ code, message }] });
}

const loopbackHint = advice`Start what listens there; an emulator of podid's: ${startEmulatorCommand}`;

const reachHint = advice`The same command from where the API server can be reached, or with --kubeconfig FILE --context NAME; for a private cluster through Azure, where the command takes it: --via run-command, as in ${command('podid mirror --via run-command')}`;

/** The code alone: messages of TLS errors quote certificates. */
function codeOf(error: unknown): string {
  return systemErrorCode(error) ?? 'the connection failed';
}

/** The path of an object, or with an empty name that of its collection. */
export function objectPath({ apiVersion, kind, plural, namespace, name }: ObjectRef): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === '' ? '' : `/${encodeURIComponent(name)}`;
  return `${api}${scope}/${plural ?? pluralOf(kind)}${one}`;
}

/** As the kinds that podid writes are spelled: `Policy` and `Identity` end in `ies`. */
function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

/** As rights call the kind: `daemonsets.apps`, `pods`. */
export function resourceOf({ apiVersion, kind, plural }: Omit<ObjectRef, 'name'>): string {
  const name = plural ?? pluralOf(kind);
  return apiVersion.includes('/') ? `${name}.${apiVersion.split('/')[0]}` : name;
}

/** A cut-off answer parses as nothing. */
function parse(text: string, host: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw unusableAnswer(host);
  }
}
