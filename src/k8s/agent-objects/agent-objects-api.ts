import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { isRecord, type JsonRecord } from '../../validate/json-record.ts';
import { type KubeRest, objectPath, type RestRequest } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';
import type { KubeAttempt, KubeFailure } from '../client/map-kube-error.ts';
import { attemptOf } from '../objects/owned-objects.ts';
import { agentError } from './agent-terms.ts';

/** A list or a body, with what everyone asks of them. */
export interface AgentObjectsApi {
  readonly rest: KubeRest;
  /** Undefined on 404. */
  get(ref: ObjectRef, signal: AbortSignal): Promise<JsonRecord | undefined>;
  /** All pages. Undefined on 404: nobody serves the kind. @param of its name is not used */
  list(
    of: Omit<ObjectRef, 'name'>,
    labels: string,
    signal: AbortSignal,
  ): Promise<readonly JsonRecord[] | undefined>;
  send(request: Omit<RestRequest, 'path'>, on: Attempt, signal: AbortSignal): Promise<unknown>;
}

interface Attempt {
  readonly verb: KubeAttempt['verb'];
  readonly ref: ObjectRef;
}

export function agentObjectsApi(rest: KubeRest): AgentObjectsApi {
  const unlessMissing = async (failure: KubeFailure, { verb, ref }: Attempt, signal: AbortSignal) => {
    if (failure.httpStatus !== 404) {
      throw await agentError(rest, failure, attemptOf(verb, ref), signal);
    }
    return undefined;
  };
  const ask = async (request: RestRequest, attempt: Attempt, signal: AbortSignal) => {
    const { body, failure } = await rest(request, signal);
    return failure === undefined ? body : await unlessMissing(failure, attempt, signal);
  };
  return {
    rest,
    async get(ref, signal) {
      const body = await ask({ method: 'GET', path: objectPath(ref) }, { verb: 'get', ref }, signal);
      return isRecord(body) ? body : undefined;
    },
    async list(of, labels, signal) {
      const ref = { ...of, name: '' };
      const query = labels === '' ? {} : { labelSelector: labels };
      const { items, failure } = await listPages(rest, { path: objectPath(ref), query }, signal);
      return failure === undefined
        ? items.filter(isRecord)
        : await unlessMissing(failure, { verb: 'list', ref }, signal);
    },
    async send(request, { verb, ref }, signal) {
      const path = objectPath(verb === 'create' ? { ...ref, name: '' } : ref);
      return await ask({ ...request, path }, { verb, ref }, signal);
    },
  };
}
