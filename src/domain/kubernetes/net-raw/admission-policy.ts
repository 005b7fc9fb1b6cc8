import {
  enoughToDrop,
  forbiddenToAdd,
  netRawName,
  ownLabels,
  type PolicyObject,
  quotedList,
  whatToDo,
} from './policy-object.ts';

const apiVersion = 'admissionregistration.k8s.io/v1';

/**
 * The API server's own policies (Kubernetes 1.30). Asked are new pods, and new ephemeral containers of pods
 * that are there; other changes of a pod cannot touch its capabilities, and a pod from before the policy can
 * still be labelled.
 */
export function admissionPolicy(excludedNamespaces: readonly string[]): readonly PolicyObject[] {
  const common = { apiVersion, name: netRawName, labels: ownLabels, annotations: {} };
  return [
    {
      ...common,
      kind: 'ValidatingAdmissionPolicy',
      plural: 'validatingadmissionpolicies',
      spec: {
        failurePolicy: 'Fail',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] },
            {
              apiGroups: [''],
              apiVersions: ['v1'],
              operations: ['UPDATE'],
              resources: ['pods/ephemeralcontainers'],
            },
          ],
        },
        matchConditions: [
          // The API refuses capabilities for them, and a pod that lies about it runs on no Linux node.
          { name: 'linux', expression: "object.spec.?os.?name.orValue('linux') != 'windows'" },
        ],
        variables: [
          { name: 'asked', expression: askedContainers },
          { name: 'offenders', expression: `variables.asked.filter(c, ${mayForge})` },
        ],
        validations: [
          {
            expression: 'size(variables.offenders) == 0',
            messageExpression: `'Container ' + variables.offenders.map(c, c.name).join(', ') + ' ' + ${JSON.stringify(whatToDo)}`,
            reason: 'Forbidden',
          },
        ],
      },
    },
    {
      ...common,
      kind: 'ValidatingAdmissionPolicyBinding',
      plural: 'validatingadmissionpolicybindings',
      spec: {
        policyName: netRawName,
        validationActions: ['Deny'],
        matchResources: {
          // The API server itself sets this label, on every namespace.
          namespaceSelector: {
            matchExpressions: [
              { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [...excludedNamespaces] },
            ],
          },
        },
      },
    },
  ];
}

/** The three kinds of containers have three types in CEL, hence `dyn`. */
const askedContainers = `request.?subResource.orValue('') == 'ephemeralcontainers'
  ? dyn(object.spec.?ephemeralContainers.orValue([])).filter(c,
      !dyn(oldObject.spec.?ephemeralContainers.orValue([])).exists(old, old.name == c.name))
  : dyn(object.spec.containers) + dyn(object.spec.?initContainers.orValue([]))`;

const mayForge = `
  c.?securityContext.?privileged.orValue(false) ||
  c.?securityContext.?capabilities.?add.orValue([]).exists(name, name.upperAscii() in [${quotedList(forbiddenToAdd)}]) ||
  !c.?securityContext.?capabilities.?drop.orValue([]).exists(name, name.upperAscii() in [${quotedList(enoughToDrop)}])`;
