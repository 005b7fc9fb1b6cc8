import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { backoffMs } from '../../domain/time/backoff.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { parseRetryAfter } from '../../domain/time/retry-after.ts';
import { isPodidError } from '../../errors/podid-error.ts';
import { type KubeFailure, kubeFailure } from './map-kube-error.ts';
import { type Answer, type ClusterAccess, sendRequest, unusableAnswer } from './send-request.ts';

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
