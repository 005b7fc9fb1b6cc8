import {
  enoughToDrop,
  forbiddenToAdd,
  netRawName,
  ownLabels,
  type PolicyObject,
  quotedList,
  whatToDo,
} from './policy-object.ts';

/** Also the name of the template, which Gatekeeper wants in lower case. */
const constraintKind = 'PodidKubenetNetRaw';

/** Gatekeeper's template, which makes the kind of the constraint, and the constraint. */
export function gatekeeperPolicy(excludedNamespaces: readonly string[]): readonly PolicyObject[] {
  return [
    {
      apiVersion: 'templates.gatekeeper.sh/v1',
      kind: 'ConstraintTemplate',
      plural: 'constrainttemplates',
      name: constraintKind.toLowerCase(),
      labels: ownLabels,
      annotations: {
        description: 'Containers drop NET_RAW, so that on kubenet no pod can pose as another pod.',
      },
      spec: {
        crd: { spec: { names: { kind: constraintKind } } },
        targets: [{ target: 'admission.k8s.gatekeeper.sh', rego: netRawRego }],
      },
    },
    {
      apiVersion: 'constraints.gatekeeper.sh/v1beta1',
      kind: constraintKind,
      plural: constraintKind.toLowerCase(),
      name: netRawName,
      labels: ownLabels,
      annotations: {},
      spec: {
        enforcementAction: 'deny',
        match: {
          kinds: [{ apiGroups: [''], kinds: ['Pod'] }],
          excludedNamespaces: [...excludedNamespaces],
        },
      },
    },
  ];
}

/**
 * In the dialect of Rego that every release of Gatekeeper 3 reads. The audit has no operation, so it looks at
 * all containers.
 */
const netRawRego = `package podidkubenetnetraw

violation[{"msg": msg}] {
  not is_windows
  container := asked[_]
  may_forge(container)
  msg := sprintf("Container %v ${whatToDo}", [container.name])
}

asked[container] {
  not is_update
  container := input.review.object.spec.containers[_]
}

asked[container] {
  not is_update
  container := input.review.object.spec.initContainers[_]
}

asked[container] {
  container := input.review.object.spec.ephemeralContainers[_]
  not was_there(container)
}

is_update {
  input.review.operation == "UPDATE"
}

was_there(container) {
  is_update
  input.review.oldObject.spec.ephemeralContainers[_].name == container.name
}

is_windows {
  input.review.object.spec.os.name == "windows"
}

may_forge(container) {
  container.securityContext.privileged == true
}

may_forge(container) {
  forbidden_to_add[upper(container.securityContext.capabilities.add[_])]
}

may_forge(container) {
  not drops_enough(container)
}

drops_enough(container) {
  enough_to_drop[upper(container.securityContext.capabilities.drop[_])]
}

forbidden_to_add := {${quotedList(forbiddenToAdd)}}

enough_to_drop := {${quotedList(enoughToDrop)}}
`;
