import { type AzureIdentity, type AzureIdentityBinding, behaviorAnnotation } from '../identity-resources.ts';
import type { Pod } from '../pod.ts';

/** What one binding is to one pod. */
export type BindingFit =
  | { readonly kind: 'fits'; readonly identity: AzureIdentity }
  | { readonly kind: 'other-namespace' | 'other-selector' | 'identity-missing' };

/** AzureIdentities by `namespace/name`. */
export type IdentityIndex = Pick<ReadonlyMap<string, AzureIdentity>, 'get'>;

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
