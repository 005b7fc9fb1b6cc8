import type { ObjectRef } from '../../domain/kubernetes/kube-object.ts';
import { isRecord, type JsonRecord, stringAt } from '../../validate/json-record.ts';
import { type KubeRest, objectPath, type RestRequest } from '../client/kube-rest.ts';
import type { AgentVerb } from './agent-failure.ts';
import { agentFailure } from './agent-failure.ts';

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
  readonly verb: AgentVerb;
  readonly ref: ObjectRef;
}

export function agentObjectsApi(rest: KubeRest): AgentObjectsApi {
  const ask = async (request: RestRequest, attempt: Attempt, signal: AbortSignal) => {
    const reply = await rest(request, signal);
    if (reply.failure?.httpStatus === 404) {
      return undefined;
    }
    if (reply.failure !== undefined) {
      throw await agentFailure(rest, reply.failure, attempt, signal);
    }
    return reply.body;
  };
  return {
    rest,
    async get(ref, signal) {
      const body = await ask({ method: 'GET', path: objectPath(ref) }, { verb: 'get', ref }, signal);
      return isRecord(body) ? body : undefined;
    },
    async list(of, labels, signal) {
      const ref = { ...of, name: '' };
      const items: JsonRecord[] = [];
      let next: string | undefined = '';
      while (next !== undefined) {
        const query = {
          limit: '500',
          ...(labels === '' ? {} : { labelSelector: labels }),
          ...(next === '' ? {} : { continue: next }),
        };
        const request = { method: 'GET', path: objectPath(ref), query } as const;
        const page: unknown = await ask(request, { verb: 'list', ref }, signal);
        if (!isRecord(page)) {
          return undefined;
        }
        items.push(...(Array.isArray(page['items']) ? page['items'].filter(isRecord) : []));
        const metadata = isRecord(page['metadata']) ? page['metadata'] : {};
        next = stringAt(metadata, 'continue') || undefined;
      }
      return items;
    },
    async send(request, { verb, ref }, signal) {
      const path = objectPath(verb === 'create' ? { ...ref, name: '' } : ref);
      return await ask({ ...request, path }, { verb, ref }, signal);
    },
  };
}
