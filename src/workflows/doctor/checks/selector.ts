import { entryText } from '../../../domain/entries/pod-identity.ts';
import { nextCommand } from '../../../domain/hints/next-command.ts';
import { bindingLabel } from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { type Check, fail, judging, listed, pass, type Verdict, warn } from '../check.ts';
import { entriesForAgents } from '../chosen-entries.ts';
import type { Evidence } from '../evidence.ts';
import { readOr } from '../probe.ts';

/**
 * Whether each label is the selector of an identity in the pod's own namespace; another namespace's counts
 * for nothing.
 */
export const selector: Check = {
  name: 'selector',
  behind: ['label', 'objects'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const entries = entriesForAgents(evidence);
      const isBound = (pod: Pod) =>
        entries.some(
          (entry) => entry.namespace === pod.namespace && entry.bindingSelector === pod.labels[bindingLabel],
        );
      const unbound = pods.filter((pod) => !isBound(pod));
      if (unbound.length > 0 && unbound.every((pod) => mayUseServicePrincipal(evidence, pod))) {
        return warn(
          `The label of ${listed(unbound.map(entryText))} is no selector of a managed identity; the namespace has service principals, which may have it.`,
          `kubectl get azureidentitybindings -n ${unbound[0]?.namespace}`,
        );
      }
      if (unbound[0] !== undefined) {
        return unboundVerdict(evidence, unbound, unbound[0]);
      }
      return pass(
        pods.length === 0
          ? 'There is no label to compare.'
          : 'The label is the selector of an identity in the same namespace.',
      );
    }),
};

function mayUseServicePrincipal({ objects }: Evidence, { namespace }: Pod): boolean {
  return (readOr(objects, undefined)?.servicePrincipals ?? []).some((each) => each.namespace === namespace);
}

function unboundVerdict(evidence: Evidence, unbound: readonly Pod[], first: Pod): Verdict {
  const value = first.labels[bindingLabel] ?? '';
  const entries = entriesForAgents(evidence);
  const here = entries.filter(({ namespace }) => namespace === first.namespace);
  const elsewhere = entries.filter(({ bindingSelector }) => bindingSelector === value);
  const known = listed(here.map(({ bindingSelector }) => bindingSelector ?? ''));
  const there =
    elsewhere.length === 0
      ? ''
      : ` It is one in ${listed(elsewhere.map(entryText))}, which is another namespace.`;
  const meant = here.find(
    ({ bindingSelector = '' }) => bindingSelector.toLowerCase() === value.toLowerCase(),
  );
  return fail(
    `${bindingLabel}=${value} of ${listed(unbound.map(entryText))} is no selector in namespace ${first.namespace}, which has ${known || 'none'}.${there} Selectors are compared to the letter, case included.`,
    meant === undefined
      ? nextCommand('add', evidence.subject.cluster, {
          namespace: first.namespace,
          name: value.toLowerCase(),
          'binding-selector': value,
          'identity-resource-id': 'ID',
        })
      : `kubectl label pod ${first.name} -n ${first.namespace} --overwrite ${bindingLabel}=${meant.bindingSelector}, and the same in the template that makes it`,
  );
}
