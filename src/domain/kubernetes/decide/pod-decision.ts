import {
  type AzureAssignedIdentity,
  type AzureIdentityBinding,
  type AzurePodIdentityException,
  bindingLabel,
  podUidAnnotation,
} from '../identity-resources.ts';
import type { Pod } from '../pod.ts';
import {
  type AssignmentScope,
  type BindingFit,
  fitAssignment,
  fitBinding,
  fitBindings,
  type IdentityIndex,
} from './binding-fit.ts';
import {
  type ChoiceFailure,
  chooseIdentity,
  type GrantedIdentity,
  type IdentityQuestion,
} from './choose-identity.ts';

/*
 * Which identity a pod gets in managed mode, and if none, why. The agent answers by it, and the doctor
 * explains by it. It takes candidates, so that whoever has an index hands in one namespace's objects alone.
 */

export type PodDecision =
  | GrantedIdentity
  | ChoiceFailure
  | { readonly kind: 'no-label' }
  | { readonly kind: 'no-binding'; readonly label: string }
  /** Bindings have the selector, and each names an AzureIdentity that its namespace does not have. */
  | {
      readonly kind: 'identity-missing';
      readonly label: string;
      readonly bindings: readonly AzureIdentityBinding[];
    };

/**
 * The identities that bindings of the pod's own namespace name, by the pod's label. An empty label or
 * selector matches nothing. Where the caller named none, the oldest is taken, then the first by name.
 *
 * @param bindings candidates: at least those of the pod's namespace
 */
export function decidePodIdentity(
  question: IdentityQuestion,
  bindings: Iterable<AzureIdentityBinding>,
  identities: IdentityIndex,
): PodDecision {
  return decideByFit(question, bindings, (label, binding) =>
    fitBinding(question.pod, label, binding, identities),
  );
}

/**
 * The same in standard mode: of what a controller assigns to the pod. @param bindings candidates: at least those
 * of the namespaces that count
 */
export function decideAssignableIdentity(
  question: IdentityQuestion,
  bindings: Iterable<AzureIdentityBinding>,
  facts: AssignmentScope,
): PodDecision {
  return decideByFit(question, bindings, (label, binding) =>
    fitAssignment(question.pod, label, binding, facts),
  );
}

function decideByFit(
  question: IdentityQuestion,
  bindings: Iterable<AzureIdentityBinding>,
  fitOf: (label: string, binding: AzureIdentityBinding) => BindingFit,
): PodDecision {
  const label = bindingLabelOf(question.pod);
  if (label === '') {
    return { kind: 'no-label' };
  }
  const { bound, dangling } = fitBindings(bindings, (binding) => fitOf(label, binding));
  if (bound.length > 0) {
    return chooseIdentity(question, bound);
  }
  return dangling.length > 0
    ? { kind: 'identity-missing', label, bindings: dangling }
    : { kind: 'no-binding', label };
}

/**
 * Whether an assignment of standard mode is for this pod as it is now: not for an earlier pod of its name, not for
 * another node, and by a binding whose selector the pod's label still is. Where MIC did not write a pod's uid, its
 * name has to do.
 */
export function isAssignedTo(
  pod: Pick<Pod, 'namespace' | 'name' | 'uid' | 'nodeName' | 'labels'>,
  { metadata, spec }: AzureAssignedIdentity,
): boolean {
  const label = bindingLabelOf(pod);
  return (
    spec.pod === pod.name &&
    spec.podNamespace === pod.namespace &&
    (metadata.annotations?.[podUidAnnotation] ?? pod.uid) === pod.uid &&
    (spec.nodename ?? pod.nodeName) === pod.nodeName &&
    label !== '' &&
    spec.azureBindingRef?.spec.selector === label
  );
}

/** Empty for a pod that wants no identity. */
export function bindingLabelOf({ labels }: Pick<Pod, 'labels'>): string {
  return Object.hasOwn(labels, bindingLabel) ? (labels[bindingLabel] ?? '') : '';
}

/**
 * The exception by which a pod is answered as the node itself: one label of one exception of its namespace is
 * enough, the key exact, the value without case. An exception without labels takes nobody.
 */
export function exceptionOf(
  pod: Pick<Pod, 'namespace' | 'labels'>,
  exceptions: Iterable<AzurePodIdentityException>,
): AzurePodIdentityException | undefined {
  for (const exception of exceptions) {
    const { metadata, spec } = exception;
    if (metadata.namespace === pod.namespace && sharesLabel(pod.labels, spec.podLabels ?? {})) {
      return exception;
    }
  }
  return undefined;
}

function sharesLabel(own: Pod['labels'], taken: Readonly<Record<string, string>>): boolean {
  return Object.entries(taken).some(
    ([key, value]) => Object.hasOwn(own, key) && own[key]?.toLowerCase() === value.toLowerCase(),
  );
}
