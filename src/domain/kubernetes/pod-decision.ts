import type { ExchangeDefaults } from '../exchange/token-source.ts';
import { credentialOf, type IdentityCredential, type UnusableIdentity } from './identity-credential.ts';
import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  type AzureIdentityBinding,
  type AzurePodIdentityException,
  behaviorAnnotation,
  bindingLabel,
  podUidAnnotation,
} from './identity-resources.ts';
import type { Pod } from './pod.ts';
import type { SecretPairs } from './secret-pairs.ts';

/*
 * Which identity a pod gets in managed mode, and if none, why. The agent answers by it, and the doctor
 * explains by it. It takes candidates, so that whoever has an index hands in one namespace's objects alone.
 */

export interface IdentityQuestion {
  readonly pod: Pick<Pod, 'namespace' | 'name' | 'labels'>;
  /** Which one the caller named, if any: ids in lower case. */
  readonly request: { readonly clientId?: string; readonly resourceId?: string; readonly objectId?: string };
  /** Refuses to take the oldest of several when none is named. */
  readonly requireChoice: boolean;
  /** Where an identity's secret may be, beside its own namespace; nowhere when absent. */
  readonly secretPairs?: SecretPairs | undefined;
  /** Where tokens come from of identities that do not say; the node's IMDS when absent. */
  readonly exchange?: ExchangeDefaults | undefined;
}

export interface GrantedIdentity {
  readonly kind: 'granted';
  readonly identity: AzureIdentity;
  readonly subject: IdentityCredential;
  /** The pod has several, named none in particular, and got the oldest. */
  readonly isArbitrary: boolean;
}

/** Why none of the identities that a pod may use is the one. */
export type ChoiceFailure =
  | UnusableIdentity
  | { readonly kind: 'object-id-asked' }
  | { readonly kind: 'other-identity-asked'; readonly candidates: number }
  | { readonly kind: 'choice-required'; readonly candidates: number };

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

/** What one binding is to one pod. */
export type BindingFit =
  | { readonly kind: 'fits'; readonly identity: AzureIdentity }
  | { readonly kind: 'other-namespace' | 'other-selector' | 'identity-missing' };

/** AzureIdentities by `namespace/name`. */
export type IdentityIndex = Pick<ReadonlyMap<string, AzureIdentity>, 'get'>;

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

/** All identities that bindings give to one label, each once, and the bindings that name none that is there. */
export function fitBindings(
  bindings: Iterable<AzureIdentityBinding>,
  fitOf: (binding: AzureIdentityBinding) => BindingFit,
): { readonly bound: readonly AzureIdentity[]; readonly dangling: readonly AzureIdentityBinding[] } {
  const bound = new Set<AzureIdentity>();
  const dangling: AzureIdentityBinding[] = [];
  for (const binding of bindings) {
    const fit = fitOf(binding);
    if (fit.kind === 'fits') {
      bound.add(fit.identity);
    } else if (fit.kind === 'identity-missing') {
      dangling.push(binding);
    }
  }
  return { bound: [...bound], dangling };
}

/** @param label of the pod, not empty */
export function fitBinding(
  { namespace }: Pick<Pod, 'namespace'>,
  label: string,
  { metadata, spec }: AzureIdentityBinding,
  identities: IdentityIndex,
): BindingFit {
  if (metadata.namespace !== namespace) {
    return otherNamespace;
  }
  if (spec.selector !== label) {
    return otherSelector;
  }
  const identity = identities.get(`${namespace}/${spec.azureIdentity ?? ''}`);
  return identity === undefined ? identityMissing : { kind: 'fits', identity };
}

/** Where the controller of standard mode looks. */
export interface AssignmentScope {
  readonly identities: IdentityIndex;
  readonly forceNamespaced: boolean;
}

/**
 * The same in standard mode, where a binding of any namespace counts unless pod identity is confined to
 * namespaces, for all or by the identity's own annotation.
 */
export function fitAssignment(
  pod: Pick<Pod, 'namespace'>,
  label: string,
  binding: AzureIdentityBinding,
  { identities, forceNamespaced }: AssignmentScope,
): BindingFit {
  const there = binding.metadata.namespace;
  const fit = fitBinding({ namespace: there }, label, binding, identities);
  if (there === pod.namespace || fit.kind !== 'fits') {
    return there !== pod.namespace && forceNamespaced ? otherNamespace : fit;
  }
  return isConfined(fit.identity, forceNamespaced) ? otherNamespace : fit;
}

/** Whether only pods of its own namespace may use the identity. */
export function isConfined({ metadata }: AzureIdentity, forceNamespaced: boolean): boolean {
  return forceNamespaced || metadata.annotations?.[behaviorAnnotation]?.toLowerCase() === 'namespaced';
}

const otherNamespace: BindingFit = { kind: 'other-namespace' };
const otherSelector: BindingFit = { kind: 'other-selector' };
const identityMissing: BindingFit = { kind: 'identity-missing' };

/** Why the AzureIdentity of a binding is not there. */
export type MissingIdentity =
  | { readonly kind: 'identity-unnamed' }
  | { readonly kind: 'identity-misspelt'; readonly identity: AzureIdentity }
  | { readonly kind: 'identity-in-other-namespace'; readonly identity: AzureIdentity }
  | { readonly kind: 'identity-missing' };

/** @param binding one that `decidePodIdentity` found to name nothing */
export function explainMissingIdentity(
  { metadata, spec }: AzureIdentityBinding,
  identities: readonly AzureIdentity[],
): MissingIdentity {
  const name = spec.azureIdentity ?? '';
  if (name === '') {
    return { kind: 'identity-unnamed' };
  }
  const misspelt = identities.find(
    (each) =>
      each.metadata.namespace === metadata.namespace &&
      each.metadata.name.toLowerCase() === name.trim().toLowerCase(),
  );
  if (misspelt !== undefined) {
    return { kind: 'identity-misspelt', identity: misspelt };
  }
  const elsewhere = identities.find((each) => each.metadata.name === name);
  return elsewhere === undefined
    ? { kind: 'identity-missing' }
    : { kind: 'identity-in-other-namespace', identity: elsewhere };
}

/** @param candidates all that the pod may use, at least one */
export function chooseIdentity(
  { request, requireChoice, secretPairs, exchange }: IdentityQuestion,
  candidates: readonly AzureIdentity[],
): GrantedIdentity | ChoiceFailure {
  const asked = candidates.filter((identity) => isAskedFor(identity, request));
  const [any, ...others] = asked;
  if (any === undefined) {
    return { kind: 'other-identity-asked', candidates: candidates.length };
  }
  // No object has an object id, so it can tell several apart for nobody.
  if (request.objectId !== undefined && others.length > 0) {
    return { kind: 'object-id-asked' };
  }
  const first = asked.reduce((oldest, each) => (byAge(each, oldest) < 0 ? each : oldest), any);
  const isArbitrary = asked.length > 1;
  if (isArbitrary && requireChoice) {
    return { kind: 'choice-required', candidates: asked.length };
  }
  const subject = credentialOf(first, secretPairs, exchange);
  return subject.kind === 'incomplete-identity' || subject.kind === 'secret-in-other-namespace'
    ? subject
    : { kind: 'granted', identity: first, subject, isArbitrary };
}

/** By each id that is asked for; one that the object does not have decides nothing where the other is its own. */
export function isAskedFor(
  { spec }: AzureIdentity,
  { clientId, resourceId }: IdentityQuestion['request'],
): boolean {
  const compared = [
    [clientId, spec.clientID],
    [resourceId, spec.resourceID],
  ].filter(([asked]) => asked !== undefined);
  const known = compared.filter(([, own]) => own);
  return (
    (compared.length === 0 || known.length > 0) && known.every(([asked, own]) => asked === own?.toLowerCase())
  );
}

/** RFC 3339 in UTC sorts as text. */
function byAge(a: AzureIdentity, b: AzureIdentity): number {
  return (
    compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compare(a.metadata.name, b.metadata.name) ||
    compare(a.metadata.namespace, b.metadata.namespace)
  );
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
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
