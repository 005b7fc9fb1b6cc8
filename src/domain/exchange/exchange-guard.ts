import type { EntryKey } from '../entries/pod-identity.ts';
import type { KubeObject } from '../kubernetes/kube-object.ts';

/*
 * What confines an agent that makes tokens of the pods' own accounts. Whoever may make tokens picks their audience, and
 * without one gets a token for the API server itself: so the right is never there without these admission policies, and
 * the agent makes no token while they are not as they are here.
 */

/** Whom the policies confine. */
export interface GuardedAgent {
  /** Of the agent, in the namespace of its pods. */
  readonly account: EntryKey;
  /** The one audience that it may ask for. */
  readonly audience: string;
}

/** A ValidatingAdmissionPolicy and its binding, which have one name. */
export interface ExchangeGuard {
  readonly name: string;
  /** With every default written out, so that what a server answers can be compared. */
  readonly policy: Readonly<Record<string, unknown>>;
  readonly binding: Readonly<Record<string, unknown>>;
}

export const admissionApi = 'admissionregistration.k8s.io';

/** Kubernetes from which pods can be parameters of a policy, and tokens name their node. */
export const leastMinorOfGuard = 30;
/** Kubernetes from which an agent may act as its own node for one verb on one resource. */
export const leastMinorOfNodes = 36;

/** As the API server calls a node. */
export function nodeUser(node: string): string {
  return `system:node:${node}`;
}

/** As the server names the node of a pod to whose token it belongs. */
const nodeName = 'authentication.kubernetes.io/node-name';
/** Of a kubelet's certificate; an impersonated node has none. */
const credentialId = 'authentication.kubernetes.io/credential-id';

/** Every request for a token. */
const tokenRequests = {
  matchPolicy: 'Equivalent',
  namespaceSelector: {},
  objectSelector: {},
  resourceRules: [
    {
      apiGroups: [''],
      apiVersions: ['*'],
      operations: ['CREATE'],
      resources: ['serviceaccounts/token'],
      scope: '*',
    },
  ],
} as const;

/**
 * The agent's own account makes tokens for the audience of exchange alone, bound to a pod of its own node. The pods of
 * the request's namespace are the policy's parameters, so that it knows where each of them runs.
 */
export function ownPodsGuard({ account, audience }: GuardedAgent): ExchangeGuard {
  const name = `${account.namespace}-${account.name}-own-pods`;
  const bound = 'object.spec.boundObjectRef';
  return {
    name,
    policy: {
      failurePolicy: 'Fail',
      paramKind: { apiVersion: 'v1', kind: 'Pod' },
      matchConstraints: tokenRequests,
      matchConditions: [
        {
          name: 'is-the-agent',
          expression: `request.userInfo.username == 'system:serviceaccount:${account.namespace}:${account.name}'`,
        },
      ],
      variables: [
        {
          name: 'node',
          expression: `'${nodeName}' in request.userInfo.extra ? request.userInfo.extra['${nodeName}'] : []`,
        },
      ],
      validations: [
        onlyAudience(audience),
        {
          expression: 'object.spec.?expirationSeconds.orValue(3600) <= 3600',
          message: 'The agent makes tokens of an hour at most.',
        },
        {
          expression: `has(${bound}) && ${bound} != null && ${bound}.?kind.orValue('') == 'Pod' && ${bound}.?apiVersion.orValue('') == 'v1' && ${bound}.?name.orValue('') != '' && ${bound}.?uid.orValue('') != ''`,
          message: 'The agent makes tokens that are bound to a pod, by its name and uid.',
        },
        {
          expression: 'size(variables.node) == 1',
          message: "The agent's own token has to name the node that its pod runs on.",
        },
        {
          expression: `params.metadata.name != ${bound}.name || (params.metadata.uid == ${bound}.uid && params.spec.?nodeName.orValue('') == variables.node[0])`,
          message: 'The agent makes tokens of pods of its own node, and of no other.',
        },
      ],
    },
    binding: {
      policyName: name,
      paramRef: { parameterNotFoundAction: 'Deny', selector: {} },
      validationActions: ['Deny'],
    },
  };
}

/**
 * An agent that acts as its own node gets no token for the API server, which a node may ask for where a pod has the
 * usual volume. It sees the requests of all kubelets, so that its own failure refuses none of them.
 */
export function nodeTokensGuard({ account, audience }: GuardedAgent): ExchangeGuard {
  const name = `${account.namespace}-${account.name}-node-tokens`;
  return {
    name,
    policy: {
      failurePolicy: 'Ignore',
      matchConstraints: tokenRequests,
      matchConditions: [
        {
          name: 'is-an-impersonated-node',
          expression: `'system:nodes' in request.userInfo.groups && !(has(request.userInfo.extra) && '${credentialId}' in request.userInfo.extra)`,
        },
      ],
      validations: [onlyAudience(audience)],
    },
    binding: { policyName: name, validationActions: ['Deny'] },
  };
}

function onlyAudience(audience: string) {
  return {
    expression: `object.spec.audiences == ['${audience}']`,
    message: `Whoever acts for podid's agent makes tokens for ${audience}, and for no other audience.`,
  };
}

/** The two objects of a guard. */
export function guardObjects(
  { name, policy, binding }: ExchangeGuard,
  labels: Readonly<Record<string, string>>,
): readonly [KubeObject, KubeObject] {
  const apiVersion = `${admissionApi}/v1`;
  const metadata = { name, labels };
  return [
    { apiVersion, kind: 'ValidatingAdmissionPolicy', metadata, spec: policy },
    { apiVersion, kind: 'ValidatingAdmissionPolicyBinding', metadata, spec: binding },
  ];
}

/** Whether a found spec is this one, member by member: what somebody added may be an exception for somebody. */
export function isSameSpec(expected: unknown, found: unknown): boolean {
  if (Array.isArray(expected) || Array.isArray(found)) {
    return (
      Array.isArray(expected) &&
      Array.isArray(found) &&
      expected.length === found.length &&
      expected.every((each, at) => isSameSpec(each, found[at]))
    );
  }
  if (!isObject(expected) || !isObject(found)) {
    return expected === found;
  }
  const names = Object.keys(expected);
  return (
    names.length === Object.keys(found).length &&
    names.every((name) => Object.hasOwn(found, name) && isSameSpec(expected[name], found[name]))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
