import type { KubeRest, RestReply, RestRequest } from '../../src/k8s/client/kube-rest.ts';
import { kubeFailure } from '../../src/k8s/client/map-kube-error.ts';

export const { signal } = new AbortController();

/** Answers one request after the other, the last one again and again, and keeps what was asked. */
export function scriptedRest(answers: readonly RestReply[]) {
  const asked: RestRequest[] = [];
  const rest: KubeRest = async (request) => {
    asked.push(request);
    return answers[Math.min(asked.length, answers.length) - 1] ?? { body: {} };
  };
  return { rest, asked, lines: () => asked.map(({ method, path }) => `${method} ${path}`) };
}

/** One page of a list; `next` is the token by which the server goes on. */
export function page(items: readonly object[], next?: string): RestReply {
  return { body: { items, metadata: next === undefined ? {} : { continue: next } } };
}

export function refused(httpStatus: number, reason: string, details: object = {}): RestReply {
  const status = {
    kind: 'Status',
    status: 'Failure',
    reason,
    message: `The server says ${reason}.`,
    details,
  };
  return { failure: kubeFailure(httpStatus, status) };
}

/** What the server says to whoever goes on with a list that it no longer knows. */
export const expired = refused(410, 'Expired');
