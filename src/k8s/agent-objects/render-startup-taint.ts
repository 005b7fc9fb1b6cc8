import type { KubeObject } from '../../domain/kube-object.ts';
import type { Rendering } from './agent-names.ts';

const api = 'admissionregistration.k8s.io';

/** Confines the agent's right to change nodes to one taint of its own node. Needs Kubernetes 1.30. */
export function renderStartupTaint(rendering: Rendering): readonly KubeObject[] {
  const { values, release, agent, labels } = rendering;
  if (!values.podid.startupTaint.enabled) return [];
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
      { name: 'before', expression: 'has(oldObject.spec.taints) ? oldObject.spec.taints : []' },
      { name: 'after', expression: 'has(object.spec.taints) ? object.spec.taints : []' },
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
  const node = "'authentication.kubernetes.io/node-name'";
  return [
    {
      expression: "request.operation == 'UPDATE' && (!has(request.subResource) || request.subResource == '')",
      message: 'The agent may change its node and nothing else.',
    },
    {
      expression: `has(request.userInfo.extra) && ${node} in request.userInfo.extra && request.userInfo.extra[${node}] == [request.name]`,
      message: 'The agent may change the node that it runs on, and no other.',
    },
    {
      expression: `variables.after.all(taint, taint in variables.before) && variables.before.all(taint, taint in variables.after || taint.key == '${key}')`,
      message: `The agent may take away the taint ${key}, and no other.`,
    },
    {
      expression: [
        same('metadata.labels', '{}'),
        same('metadata.annotations', '{}'),
        same('metadata.finalizers', '[]'),
        'has(object.metadata.ownerReferences) == has(oldObject.metadata.ownerReferences)',
        '(has(object.spec.unschedulable) && object.spec.unschedulable) == (has(oldObject.spec.unschedulable) && oldObject.spec.unschedulable)',
        same('spec.podCIDR', "''"),
        same('spec.podCIDRs', '[]'),
        same('spec.providerID', "''"),
      ].join(' && '),
      message: 'The agent may change nothing of its node but the taints.',
    },
  ];
}

/** In CEL: a member is as it was, and where it is absent it counts as empty. */
function same(member: string, empty: string): string {
  const read = (object: string) => `(has(${object}.${member}) ? ${object}.${member} : ${empty})`;
  return `${read('object')} == ${read('oldObject')}`;
}
