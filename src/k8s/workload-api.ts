import { HttpMethod, RequestContext } from '@kubernetes/client-node';
import type { Clock } from '../domain/ports.ts';
import type { PodAnswer } from '../domain/workloads.ts';
import { PodidError } from '../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../validate/json-record.ts';
import type { ClusterAccess } from './cluster-access.ts';
import { kubeFailure } from './map-kube-error.ts';
import { sendAgain } from './send-again.ts';
import { sendRequest } from './send-request.ts';

/** A path of the API, and the right that it takes, for messages. */
export interface Asked {
  readonly path: string;
  readonly verb: 'get' | 'list';
  /** Plural, subresource and group included: `pods/proxy`, `deployments.apps`. */
  readonly resource: string;
  /** Absent for the cluster scope and for all namespaces. */
  readonly namespace?: string;
}

/** GETs and nothing else: whoever looks at a cluster through it cannot change it. */
export interface WorkloadApi {
  /** Undefined on 404. @throws PodidError Forbidden | ClusterUnreachable */
  get(asked: Asked, signal: AbortSignal): Promise<unknown>;
  /** All pages. @throws PodidError Forbidden | ClusterUnreachable */
  list(asked: Asked, signal: AbortSignal): Promise<readonly unknown[]>;
  /** What a pod says, sent once; a refusal of the API server's own is thrown. */
  text(asked: Asked, signal: AbortSignal): Promise<PodAnswer>;
}

interface WorkloadApiOptions {
  /** For each try of a request. */
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export function workloadApi(access: ClusterAccess, { timeoutMs, clock }: WorkloadApiOptions): WorkloadApi {
  const contextOf = (path: string) => {
    const context = new RequestContext(`${access.server.replace(/\/+$/, '')}${path}`, HttpMethod.GET);
    access.authentication.applySecurityAuthentication(context);
    return context;
  };
  const getJson = async (asked: Asked, signal: AbortSignal) => {
    const send = () => sendRequest(contextOf(asked.path), { timeoutMs, signal });
    const answer = await sendAgain(send, clock, signal);
    const text = await answer.body.text();
    if (answer.httpStatusCode === 404) return undefined;
    if (answer.httpStatusCode >= 300) throw refusal(asked, answer.httpStatusCode, text);
    return parseJson(text);
  };
  return {
    get: getJson,
    list: (asked, signal) => listPages(asked, (page) => getJson(page, signal)),
    async text(asked, signal) {
      const answer = await sendRequest(contextOf(asked.path), { timeoutMs, signal, anyContent: true });
      const text = await answer.body.text();
      const status = answer.httpStatusCode;
      if (status >= 300 && kubeFailure(status, text).status !== undefined) throw refusal(asked, status, text);
      return { status, text };
    },
  };
}

async function listPages(
  asked: Asked,
  getPage: (asked: Asked) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const query = asked.path.includes('?') ? '&' : '?';
  let next: string | undefined = '';
  while (next !== undefined) {
    const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const page: unknown = await getPage({ ...asked, path: `${asked.path}${query}limit=500${more}` });
    if (!isRecord(page)) break;
    items.push(...(Array.isArray(page['items']) ? page['items'] : []));
    const metadata: JsonRecord = isRecord(page['metadata']) ? page['metadata'] : {};
    next = stringAt(metadata, 'continue') || undefined;
  }
  return items;
}

function refusal(asked: Asked, httpStatus: number, text: string): PodidError {
  const { verb, resource, namespace } = asked;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const { status } = kubeFailure(httpStatus, text);
  if (httpStatus === 401 || (httpStatus === 403 && status !== undefined)) {
    const scope = namespace === undefined ? '--all-namespaces' : `-n ${namespace}`;
    return new PodidError(
      'Forbidden',
      `The right to ${verb} ${resource} ${where} of the cluster is missing.`,
      { hint: `kubectl auth can-i ${verb} ${resource} ${scope}` },
    );
  }
  return new PodidError(
    'ClusterUnreachable',
    `The cluster's API answered "${verb} ${resource}" ${where} with HTTP ${httpStatus}.`,
    { hint: 'Run the same command again; if it stays: kubectl get --raw /readyz?verbose' },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PodidError('ClusterUnreachable', "The answer of the cluster's API is cut off.", {
      hint: 'Run the same command again.',
    });
  }
}
