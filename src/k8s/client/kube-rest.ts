import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import type { Clock } from '../../domain/ports.ts';
import { PodidError } from '../../errors/podid-error.ts';
import type { ClusterAccess } from '../kubeconfig/cluster-access.ts';
import { type KubeFailure, kubeFailure } from './map-kube-error.ts';
import { sendAgain } from './send-again.ts';
import { sendRequest } from './send-request.ts';

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

export const applyContent = 'application/apply-patch+yaml';
export const mergeContent = 'application/merge-patch+json';

export function kubeRest(
  access: ClusterAccess,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): KubeRest {
  return async ({ method, path, query = {}, body, contentType = 'application/json' }, signal) => {
    const asked = new URLSearchParams(query).toString();
    const context = requestOf(access, method, asked === '' ? path : `${path}?${asked}`);
    if (body !== undefined) {
      context.setBody(JSON.stringify(body));
    }
    const send = () =>
      sendRequest(context, { timeoutMs, signal, ...(body === undefined ? {} : { contentType }) });
    const answer = await sendAgain(send, clock, signal);
    const text = await answer.body.text();
    if (answer.httpStatusCode >= 300) {
      return { failure: kubeFailure(answer.httpStatusCode, text) };
    }
    return { body: parse(text) };
  };
}

/** @param path with its query */
export function requestOf(
  access: ClusterAccess,
  method: RestRequest['method'],
  path: string,
): RequestContext {
  const context = new RequestContext(`${access.server.replace(/\/+$/, '')}${path}`, HttpMethod[method]);
  access.authentication.applySecurityAuthentication(context);
  return context;
}

/** The path of an object, or with an empty name that of its collection. */
export function objectPath({ apiVersion, kind, namespace, name }: ObjectRef): string {
  const api = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const scope = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  const one = name === '' ? '' : `/${encodeURIComponent(name)}`;
  return `${api}${scope}/${pluralOf(kind)}${one}`;
}

/** As the kinds that podid writes are spelled: `Policy` and `Identity` end in `ies`. */
export function pluralOf(kind: string): string {
  const lower = kind.toLowerCase();
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`;
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new PodidError('ClusterUnreachable', "The answer of the cluster's API is cut off.", {
      hint: 'Run the same command again.',
    });
  }
}
