import { allowPrivileged } from '../../domain/hints/privileged-namespace.ts';
import { advice, command, Hint } from '../../errors/hint.ts';
import type { PodidError } from '../../errors/podid-error.ts';
import { isRecord } from '../../validate/json-record.ts';
import type { KubeRest } from '../client/kube-rest.ts';
import {
  type FailureTerms,
  type KubeAttempt,
  type KubeFailure,
  mapKubeError,
  refusedError,
} from '../client/map-kube-error.ts';

const terms: FailureTerms = {
  forbidden: 'Forbidden',
  refused: 'AgentRefused',
  rightHint: ruleHint,
  refusedHint: ({ resource, namespace }, httpStatus, sentence) => {
    const isOfPods = httpStatus === 403 && ['pods', 'daemonsets.apps'].includes(resource);
    if (isOfPods && ofPodSecurity.test(sentence)) {
      return advice`The agent needs the host's network and NET_ADMIN, so its namespace must allow privileged pods: ${allowPrivileged(namespace ?? 'NAMESPACE')}`;
    }
    return isOfPods && ofAzurePolicy.test(sentence)
      ? advice`The agent needs the host's network and NET_ADMIN. AKS Automatic, and Azure Policy where it is enforced, allow no such pod; to see what enforces it: ${command('kubectl get constraints,validatingadmissionpolicies')}`
      : advice`Fix what the message names, and run the same command again.`;
  },
};

/** As Pod Security's admission begins every refusal. */
const ofPodSecurity = /\bviolates PodSecurity\b/;

/**
 * Azure Policy names its constraints of Gatekeeper `azurepolicy-…`; deployment safeguards, which AKS Automatic enforces,
 * are those, or admission policies named `aks-…` (AKS docs, deployment safeguards).
 */
const ofAzurePolicy = /\bazurepolicy|\bValidatingAdmissionPolicy '(?:aks-|azure)|\bdeployment safeguards\b/i;

/** As authorization begins, whatever authorizer the API server has; admission says of nobody that they cannot. */
const ofAuthorization = /\bUser ".*" cannot \w+ resource ".*"/;

/**
 * What an answer other than 2xx means for whoever installs the agent. RBAC and admission both say 403 to a write with
 * the same reason, so the server is asked whether the right is there. Admission sees no read: a read that is refused
 * lacks the right; and so does a write of which the server says that the user cannot, where an authorizer beside RBAC
 * answers the review in another way than the request.
 */
export async function agentError(
  rest: KubeRest,
  failure: KubeFailure,
  attempt: KubeAttempt,
  signal: AbortSignal,
): Promise<PodidError> {
  const isRead = attempt.verb === 'get' || attempt.verb === 'list';
  const mayBeAdmission = failure.httpStatus === 403 && failure.status !== undefined && !isRead;
  const sentence = failure.status?.message ?? '';
  const isAdmission =
    mayBeAdmission && !ofAuthorization.test(sentence) && (await isAllowed(rest, attempt, signal));
  return isAdmission
    ? refusedError(failure, attempt, terms)
    : mapKubeError(failure, attempt, isRead ? terms : { ...terms, saysWhy: true });
}

/** The rule of a role that would allow it, ready to be pasted. */
function ruleHint({ verb, resource, namespace }: KubeAttempt): Hint {
  const { group, plural } = partsOf(resource);
  const rule = ruleText(group, plural, verb);
  return namespace === undefined
    ? advice`Add to a ClusterRole of yours the rule: ${rule}`
    : advice`Add to a Role or ClusterRole of yours the rule: ${rule}`;
}

/** In one piece: names of the API's own, which podid asked for. */
function ruleText(group: string, plural: string, verb: string): Hint {
  return new Hint([`{apiGroups: ["${group}"], resources: ["${plural}"], verbs: ["${verb}"]}`]);
}

async function isAllowed(
  rest: KubeRest,
  { verb, resource, namespace = '', name = '' }: KubeAttempt,
  signal: AbortSignal,
): Promise<boolean> {
  const { group, plural } = partsOf(resource);
  const reply = await rest(
    {
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body: {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes: { verb, group, resource: plural, namespace, name } },
      },
    },
    signal,
  );
  const body = reply.failure === undefined && isRecord(reply.body) ? reply.body : {};
  return isRecord(body['status']) && body['status']['allowed'] === true;
}

function partsOf(resource: string): { readonly plural: string; readonly group: string } {
  const [plural = '', ...group] = resource.split('.');
  return { plural, group: group.join('.') };
}
