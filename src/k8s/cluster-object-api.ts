import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import type { Clock } from '../domain/ports.ts';
import { PodidError } from '../errors/podid-error.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { type KubeFailure, kubeFailure } from './map-kube-error.ts';
import { sendAgain } from './send-again.ts';
import { sendRequest, unusableAnswer } from './send-request.ts';

export interface ClusterCall {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  /** For messages: the verb of RBAC, and the plural with its group. */
  readonly verb: 'get' | 'create' | 'patch';
  readonly resource: string;
}

export type ClusterReply =
  | { readonly body: unknown; readonly failure?: undefined }
  | { readonly failure: KubeFailure };

/** Objects of the cluster itself, of any kind. An answer other than 2xx is a value. @throws PodidError ClusterUnreachable */
export type ClusterObjectApi = (call: ClusterCall, signal: AbortSignal) => Promise<ClusterReply>;

export function clusterObjectApi(
  access: ClusterAccess,
  { timeoutMs, clock }: { readonly timeoutMs: number; readonly clock: Clock },
): ClusterObjectApi {
  const server = access.server.replace(/\/+$/, '');
  return async ({ method, path, body, contentType }, signal) => {
    const send = () => {
      const context = new RequestContext(`${server}${path}`, HttpMethod[method]);
      access.authentication.applySecurityAuthentication(context);
      context.setHeaderParam('Accept', 'application/json');
      if (body !== undefined) context.setBody(JSON.stringify(body));
      return sendRequest(context, {
        timeoutMs,
        signal,
        ...(body === undefined ? {} : { contentType: contentType ?? 'application/json' }),
      });
    };
    const answer = await sendAgain(send, clock, signal);
    const text = await answer.body.text();
    if (answer.httpStatusCode >= 300) return { failure: kubeFailure(answer.httpStatusCode, text) };
    try {
      return { body: JSON.parse(text) };
    } catch {
      throw unusableAnswer(new URL(server).host);
    }
  };
}

/** The error that a failure is, where nothing better is known of it. */
export function clusterCallError({ httpStatus, status }: KubeFailure, call: ClusterCall): PodidError {
  const { verb, resource } = call;
  const details = status?.message
    ? [{ code: status.reason || 'Failure', message: oneLine(status.message) }]
    : [];
  if (httpStatus === 401 || (httpStatus === 403 && status !== undefined)) {
    return new PodidError('Forbidden', `The right to ${verb} ${resource} in the cluster is missing.`, {
      hint: httpStatus === 401 ? 'kubectl auth whoami' : `kubectl auth can-i ${verb} ${resource}`,
      details,
    });
  }
  if (status === undefined || httpStatus === 429 || httpStatus >= 500) {
    return new PodidError(
      'ClusterUnreachable',
      `The cluster's API answered "${verb} ${resource}" with HTTP ${httpStatus}.`,
      {
        hint: 'Run the same command again; if it stays: kubectl get --raw /readyz?verbose',
        details,
      },
    );
  }
  return new PodidError(
    'PolicyBlocked',
    `The cluster refused to ${verb} ${resource}: ${oneLine(status.message)}`,
    {
      hint: 'podid policy kubenet prints the objects; kubectl apply --dry-run=server -f - tells more of each',
      details,
    },
  );
}

/** A webhook's words come from whoever runs it. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 1000);
}
