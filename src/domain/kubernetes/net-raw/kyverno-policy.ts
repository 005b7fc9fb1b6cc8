import {
  enoughToDrop,
  forbiddenToAdd,
  netRawName,
  ownLabels,
  type PolicyObject,
  whatToDo,
} from './policy-object.ts';

/** Kyverno's ClusterPolicy. Pods alone: it makes the rules for Deployments and the like from it by itself. */
export function kyvernoPolicy(excludedNamespaces: readonly string[]): readonly PolicyObject[] {
  return [
    {
      apiVersion: 'kyverno.io/v1',
      kind: 'ClusterPolicy',
      plural: 'clusterpolicies',
      name: netRawName,
      labels: ownLabels,
      annotations: {
        'policies.kyverno.io/description':
          'Containers drop NET_RAW, so that on kubenet no pod can pose as another pod.',
      },
      spec: {
        validationFailureAction: 'Enforce',
        background: true,
        rules: [
          {
            name: 'net-raw',
            match: { any: [{ resources: { kinds: ['Pod'] } }] },
            exclude: { any: [{ resources: { namespaces: [...excludedNamespaces] } }] },
            preconditions: {
              all: [
                {
                  key: "{{ request.object.spec.os.name || 'linux' }}",
                  operator: 'NotEquals',
                  value: 'windows',
                },
                { key: "{{ request.operation || 'BACKGROUND' }}", operator: 'NotEquals', value: 'DELETE' },
              ],
            },
            validate: {
              message: `Container {{ element.name }} ${whatToDo}`,
              foreach: [
                {
                  list: 'request.object.spec.[containers, initContainers, ephemeralContainers][]',
                  deny: {
                    conditions: {
                      any: [
                        {
                          key: '{{ element.securityContext.privileged || `false` }}',
                          operator: 'Equals',
                          value: true,
                        },
                        {
                          key: '{{ element.securityContext.capabilities.add[].to_upper(@) || `[]` }}',
                          operator: 'AnyIn',
                          value: forbiddenToAdd,
                        },
                        {
                          key: '{{ element.securityContext.capabilities.drop[].to_upper(@) || `[]` }}',
                          operator: 'AllNotIn',
                          value: enoughToDrop,
                        },
                      ],
                    },
                  },
                },
              ],
            },
          },
        ],
      },
    },
  ];
}
