import {
  type AssignmentScope,
  fitAssignment,
  fitBinding,
  fitBindings,
} from '../kubernetes/decide/binding-fit.ts';
import { bindingLabelOf } from '../kubernetes/decide/pod-decision.ts';
import type { AzureIdentityBinding, IdentityResources } from '../kubernetes/identity-resources.ts';
import { isLiving, type Pod } from '../kubernetes/pod.ts';
import { type EntryKey, entryText } from './pod-identity.ts';

/**
 * How many living pods a binding gives each AzureIdentity to, by their label; decided as agents and controllers decide.
 *
 * @param forceNamespaced of the controller that leads in standard mode; undefined where none does
 */
export function countPods(
  pods: readonly Pod[],
  { bindings, identities }: Pick<IdentityResources, 'bindings' | 'identities'>,
  forceNamespaced?: boolean,
): (key: EntryKey) => number {
  const byName = new Map(identities.map((identity) => [entryText(identity.metadata), identity]));
  const bySelector = new Map<string, AzureIdentityBinding[]>();
  for (const binding of bindings) {
    const { selector = '' } = binding.spec;
    bySelector.set(selector, [...(bySelector.get(selector) ?? []), binding]);
  }
  const fitOf = fitIn(byName, forceNamespaced);
  const counts = new Map<string, number>();
  for (const pod of pods.filter(isLiving)) {
    const label = bindingLabelOf(pod);
    const candidates = label === '' ? [] : (bySelector.get(label) ?? []);
    const { bound } = fitBindings(candidates, (binding) => fitOf(pod, label, binding));
    for (const { metadata } of bound) {
      counts.set(entryText(metadata), (counts.get(entryText(metadata)) ?? 0) + 1);
    }
  }
  return (key) => counts.get(entryText(key)) ?? 0;
}

function fitIn(identities: AssignmentScope['identities'], forceNamespaced: boolean | undefined) {
  return (pod: Pod, label: string, binding: AzureIdentityBinding) =>
    forceNamespaced === undefined
      ? fitBinding(pod, label, binding, identities)
      : fitAssignment(pod, label, binding, { identities, forceNamespaced });
}
