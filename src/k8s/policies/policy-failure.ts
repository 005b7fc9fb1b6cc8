import { PodidError } from '../../errors/podid-error.ts';
import { type ManagedObject, parseClusterObject } from '../../validate/kubernetes/managed-object.ts';
import type { RestReply, RestRequest } from '../client/kube-rest.ts';
import { type KubeFailure, readable } from '../client/map-kube-error.ts';

/** A request with what messages call it: the verb of RBAC, and the plural with its group. */
export interface PolicyCall extends RestRequest {
  readonly verb: 'get' | 'create' | 'patch';
  readonly resource: string;
}

/** @throws PodidError Forbidden | ClusterUnreachable | PolicyBlocked, where the answer is a failure */
export function bodyOf(reply: RestReply, call: PolicyCall): unknown {
  if (reply.failure !== undefined) {
    throw policyFailure(reply.failure, call);
  }
  return reply.body;
}

/** @throws as `bodyOf` */
export function objectOf(reply: RestReply, call: PolicyCall): ManagedObject {
  const object = parseClusterObject(bodyOf(reply, call));
  if (object === undefined) {
    throw new PodidError(
      'ClusterUnreachable',
      `The cluster's API answered "${call.verb} ${call.resource}" with no object.`,
    );
  }
  return object;
}

function policyFailure({ httpStatus, status }: KubeFailure, call: PolicyCall): PodidError {
  const { verb, resource } = call;
  const details = status?.message
    ? [{ code: status.reason || 'Failure', message: readable(status.message) }]
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
    `The cluster refused to ${verb} ${resource}: ${readable(status.message)}`,
    {
      hint: 'podid policy kubenet prints the objects; kubectl apply --dry-run=server -f - tells more of each',
      details,
    },
  );
}
