import type { KubeObject } from '../../domain/kubernetes/kube-object.ts';
import type { Rendering } from './agent-names.ts';

const api = 'admissionregistration.k8s.io';
/** Where a token that is bound to a pod names the pod's node, from Kubernetes 1.30 on. */
const nodeName = "'authentication.kubernetes.io/node-name'";

/** Confines the agent's right to change nodes to one taint of its own node. Needs Kubernetes 1.30. */
export function renderStartupTaint(rendering: Rendering): readonly KubeObject[] {
  const { values, release, agent, labels } = rendering;
  if (!values.podid.startupTaint.enabled) {
    return [];
  }
  const name = `${release.namespace}-${agent}-own-taint`;
  const spec = {
    failurePolicy: 'Fail',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [''],
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE', 'DELETE'],
          resources: ['nodes', 'nodes/*'],
        },
      ],
    },
    matchConditions: [
      {
        name: 'is-the-agent',
        expression: `request.userInfo.username == 'system:serviceaccount:${release.namespace}:${agent}'`,
      },
    ],
    variables: [
      {
        name: 'node',
        expression: `${nodeName} in request.userInfo.extra ? request.userInfo.extra[${nodeName}] : []`,
      },
    ],
    validations: validations(values.podid.startupTaint.key),
  };
  return [
    { apiVersion: `${api}/v1`, kind: 'ValidatingAdmissionPolicy', metadata: { name, labels }, spec },
    {
      apiVersion: `${api}/v1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

function validations(key: string) {
  return [
    {
      expression: "request.operation == 'UPDATE' && (!has(request.subResource) || request.subResource == '')",
      message: 'The agent changes nodes that are there, and neither their status nor any other part of them.',
    },
    {
      expression: 'variables.node == [request.name]',
      message: 'The agent changes the node that its pod runs on, and no other.',
    },
    {
      expression: `request.operation != 'UPDATE' || object.spec.?taints.orValue([]) == oldObject.spec.?taints.orValue([]).filter(taint, taint.key != '${key}')`,
      message: `The agent removes the taint ${key}, and changes no other.`,
    },
    {
      expression: `request.operation != 'UPDATE' || ( ${[
        'object.spec.?unschedulable.orValue(false) == oldObject.spec.?unschedulable.orValue(false)',
        ...['podCIDR', 'podCIDRs', 'providerID', 'externalID', 'configSource'].map(same('spec')),
      ].join(' && ')})`,
      message: "The agent changes nothing of a node's spec but its own taint.",
    },
    {
      expression: `request.operation != 'UPDATE' || ( ${['labels', 'annotations', 'finalizers', 'ownerReferences'].map(same('metadata')).join(' && ')})`,
      message: "The agent changes nothing of a node's metadata.",
    },
  ];
}

/** In CEL: a member is as it was, or absent as it was. */
function same(part: 'spec' | 'metadata'): (member: string) => string {
  return (member) => `object.${part}.?${member} == oldObject.${part}.?${member}`;
}
