import type { PodAnswer } from '../../domain/kubernetes/workloads.ts';
import type { AskPod, KubeRest } from '../client/kube-rest.ts';
import { listPages } from '../client/list-pages.ts';
import {
  awayHint,
  type FailureTerms,
  type KubeAttempt,
  type KubeFailure,
  kubeFailure,
  mapKubeError,
} from '../client/map-kube-error.ts';
import { askKubectl } from '../client/write-terms.ts';

/** A path of the API, and the right that it takes, for messages. */
export interface Asked extends KubeAttempt {
  readonly path: string;
  readonly verb: 'get' | 'list';
  readonly query?: Readonly<Record<string, string>>;
}

/** GETs and nothing else: whoever looks at a cluster through it cannot change it. */
export interface WorkloadApi {
  /** Undefined on 404. @throws PodidError Forbidden | ClusterUnreachable */
  get(asked: Asked, signal: AbortSignal): Promise<unknown>;
  /** All pages; nothing on 404. @throws PodidError Forbidden | ClusterUnreachable */
  list(asked: Asked, signal: AbortSignal): Promise<readonly unknown[]>;
  /** What a pod says, sent once; a refusal of the API server's own is thrown. */
  text(asked: Asked, signal: AbortSignal): Promise<PodAnswer>;
}

export function workloadApi(rest: KubeRest, askPod: AskPod): WorkloadApi {
  return {
    async get(asked, signal) {
      const { body, failure } = await rest({ method: 'GET', path: asked.path }, signal);
      return failure === undefined ? body : unlessMissing(failure, asked);
    },
    async list(asked, signal) {
      const { items, failure } = await listPages(rest, asked, signal);
      return failure === undefined ? items : (unlessMissing(failure, asked) ?? []);
    },
    async text(asked, signal) {
      const { status, text } = await askPod(asked.path, signal);
      const failure = status >= 300 ? kubeFailure(status, text) : undefined;
      if (failure?.status !== undefined) {
        throw mapKubeError(failure, asked, terms);
      }
      return { status, text };
    },
  };
}

const terms: FailureTerms = {
  forbidden: 'Forbidden',
  refused: 'ClusterUnreachable',
  rightHint: askKubectl,
  refusedHint: () => awayHint,
};

function unlessMissing(failure: KubeFailure, asked: Asked): undefined {
  if (failure.httpStatus !== 404) {
    throw mapKubeError(failure, asked, terms);
  }
}
