import { type ObjectRef, refText } from '../../domain/kubernetes/kube-object.ts';
import { PodidError } from '../../errors/podid-error.ts';
import { isRecord } from '../../validate/json-record.ts';
import { type KubeRest, pluralOf } from '../client/kube-rest.ts';
import { type KubeFailure, readable } from '../client/map-kube-error.ts';

export type AgentVerb = 'get' | 'list' | 'create' | 'patch' | 'delete';

/**
 * What an answer other than 2xx means for a user. RBAC and admission both say 403 with the same reason, so
 * the server is asked whether the right is there: its words are never searched.
 */
export async function agentFailure(
  rest: KubeRest,
  failure: KubeFailure,
  { verb, ref }: { readonly verb: AgentVerb; readonly ref: ObjectRef },
  signal: AbortSignal,
): Promise<PodidError> {
  const { httpStatus, status } = failure;
  const said = readable(status?.message ?? '');
  const details = said === '' ? [] : [{ ...(status?.reason ? { code: status.reason } : {}), message: said }];
  if (httpStatus === 401) {
    return new PodidError(
      'Forbidden',
      "The cluster's API does not accept the credentials of the kubeconfig.",
      {
        hint: 'kubectl auth whoami',
      },
    );
  }
  if (httpStatus === 403 && status !== undefined && !(await isAllowed(rest, verb, ref, signal))) {
    return rightMissing(verb, ref, details);
  }
  if (status === undefined || httpStatus >= 500 || httpStatus === 429) {
    return new PodidError(
      'ClusterUnreachable',
      `The cluster's API answered ${verb} with HTTP ${httpStatus}.`,
      {
        hint: 'Run the same command again; if it stays: kubectl get --raw /readyz?verbose',
        details,
      },
    );
  }
  return new PodidError('AgentRefused', `The cluster refuses to ${verb} ${refText(ref)}: ${said}`, {
    hint: refusalHint(ref, httpStatus),
    details,
  });
}

/** The rule of a role that would allow it, ready to be pasted. */
function rightMissing(
  verb: AgentVerb,
  ref: ObjectRef,
  details: readonly { readonly message: string }[],
): PodidError {
  const { apiVersion, kind, namespace } = ref;
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : '';
  const where = namespace === undefined ? 'in the whole cluster' : `in namespace ${namespace}`;
  const rule = `{apiGroups: ["${group}"], resources: ["${pluralOf(kind)}"], verbs: ["${verb}"]}`;
  return new PodidError('Forbidden', `The right to ${verb} ${pluralOf(kind)} ${where} is missing.`, {
    hint: `Add to a ${namespace === undefined ? 'ClusterRole' : 'Role or ClusterRole'} of yours the rule: ${rule}`,
    details,
  });
}

async function isAllowed(
  rest: KubeRest,
  verb: AgentVerb,
  { apiVersion, kind, namespace = '', name }: ObjectRef,
  signal: AbortSignal,
): Promise<boolean> {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0] : '';
  const reply = await rest(
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource: pluralOf(kind), namespace, name } },
      },
    },
    signal,
  );
  const body = reply.failure === undefined && isRecord(reply.body) ? reply.body : {};
  return isRecord(body['status']) && body['status']['allowed'] === true;
}

function refusalHint({ kind, namespace }: ObjectRef, httpStatus: number): string {
  return httpStatus === 403 && (kind === 'Pod' || kind === 'DaemonSet')
    ? `The agent needs the host's network and NET_ADMIN, so namespace ${namespace} has to take privileged pods: kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged. AKS Automatic lets no pod have the host's network.`
    : 'Fix what the message names, and run the same command again.';
}
