import type { PodAnswer } from '../../domain/kubernetes/workloads.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import { type KubeRest, requestOf } from '../client/kube-rest.ts';
import { type KubeFailure, kubeFailure } from '../client/map-kube-error.ts';
import { sendRequest } from '../client/send-request.ts';
import type { ClusterAccess } from '../kubeconfig/cluster-access.ts';

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

/** @param timeoutMs for what a pod is asked, which `rest` does not do */
export function workloadApi(access: ClusterAccess, rest: KubeRest, timeoutMs: number): WorkloadApi {
  const getJson = async (asked: Asked, signal: AbortSignal) => {
    const { body, failure } = await rest({ method: 'GET', path: asked.path }, signal);
    if (failure?.httpStatus === 404) {
      return undefined;
    }
    if (failure !== undefined) {
      throw refusal(asked, failure);
    }
    return body;
  };
  return {
    get: getJson,
    list: (asked, signal) => listPages(asked, (page) => getJson(page, signal)),
    async text(asked, signal) {
      const context = requestOf(access, 'GET', asked.path);
      const answer = await sendRequest(context, { timeoutMs, signal, anyContent: true });
      const text = await answer.body.text();
      const status = answer.httpStatusCode;
      const failure = status >= 300 ? kubeFailure(status, text) : undefined;
      if (failure?.status !== undefined) {
        throw refusal(asked, failure);
      }
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
    if (!isRecord(page)) {
      break;
    }
    items.push(...(Array.isArray(page['items']) ? page['items'] : []));
    const metadata: JsonRecord = isRecord(page['metadata']) ? page['metadata'] : {};
    next = stringAt(metadata, 'continue') || undefined;
  }
  return items;
}

function refusal(asked: Asked, { httpStatus, status }: KubeFailure): PodidError {
  const { verb, resource, namespace } = asked;
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
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
