import { managedIdentityType } from '../../../domain/azure/resource-id.ts';
import { isWrittenId } from '../../../domain/azure/written-id.ts';
import { deriveName } from '../../../domain/entries/derive-name.ts';
import { entryText } from '../../../domain/entries/pod-identity.ts';
import {
  explainMissingIdentity,
  type MissingIdentity,
} from '../../../domain/kubernetes/decide/missing-identity.ts';
import { bindingLabelOf, type PodDecision } from '../../../domain/kubernetes/decide/pod-decision.ts';
import {
  type AzureIdentity,
  type AzureIdentityBinding,
  bindingLabel,
  type IdentityResources,
  isSelectable,
} from '../../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../../domain/kubernetes/pod.ts';
import { secretPairOf } from '../../../domain/kubernetes/secret-pairs.ts';
import { advice, type Command, command } from '../../../errors/hint.ts';
import { type Check, fail, judging, listed, pass, type Verdict } from '../check.ts';
import type { Evidence } from '../evidence.ts';
import { entryCommand, idToFillIn, withFillIn } from '../mend.ts';
import { decideBindings, resourcesForAgents } from '../pod-decisions.ts';
import { rulesOfAgents } from '../rules-of-agents.ts';

/**
 * Whether a binding of the pod's own namespace has its label as the selector, and names an identity that is
 * there and complete. The agents decide by the same function.
 */
export const selector: Check = {
  name: 'selector',
  behind: ['label', 'objects'],
  judge: (evidence) =>
    judging(evidence.pods, (pods) => {
      const resources = resourcesForAgents(evidence);
      const rulesFor = rulesOfAgents(evidence);
      const decided = pods.map((pod) => ({ pod, decision: decideBindings(pod, resources, rulesFor(pod)) }));
      const failed = decided.filter(({ decision }) => !isGranted(decision));
      const [first] = failed;
      if (first === undefined) {
        return pass(
          pods.length === 0
            ? 'There is no label to compare.'
            : `The label matches the selector of a binding, and its identity is there.${severalText(decided)}`,
        );
      }
      const alike = failed.filter(
        ({ pod, decision }) =>
          decision.kind === first.decision.kind &&
          pod.namespace === first.pod.namespace &&
          bindingLabelOf(pod) === bindingLabelOf(first.pod),
      );
      const verdict = failureOf({
        evidence,
        resources,
        pod: first.pod,
        pods: listed(alike.map(({ pod }) => entryText(pod))),
        decision: first.decision,
      });
      const others = failed.filter((each) => !alike.includes(each)).map(({ pod }) => entryText(pod));
      return others.length === 0
        ? verdict
        : { ...verdict, message: `${verdict.message} No identity for another reason: ${listed(others)}.` };
    }),
};

/** Whether a binding leads to an identity; where its tokens come from has a check of its own. */
function isGranted(decision: PodDecision): boolean {
  return (
    decision.kind === 'granted' || (decision.kind === 'incomplete-identity' && decision.source !== undefined)
  );
}

/** Several identities of one selector are no fault of themselves: whoever names one by its client id gets that. */
function severalText(decided: readonly { readonly pod: Pod; readonly decision: PodDecision }[]): string {
  const several = decided.flatMap(({ pod, decision }) =>
    decision.kind === 'granted' && decision.isArbitrary ? [{ pod, identity: decision.identity }] : [],
  );
  const texts = several.map(
    ({ pod, identity }) => `${entryText(pod)} gets the oldest, ${entryText(identity.metadata)}`,
  );
  return texts.length === 0
    ? ''
    : ` The selector leads to several identities; a request that names none gets the oldest: ${listed(texts)}.`;
}

interface Failure {
  readonly evidence: Evidence;
  readonly resources: IdentityResources;
  /** The first of the pods of which the same is true. */
  readonly pod: Pod;
  /** All of them, for a message. */
  readonly pods: string;
  readonly decision: PodDecision;
}

function failureOf(failure: Failure): Verdict {
  const { decision, pods } = failure;
  switch (decision.kind) {
    case 'identity-missing':
      return missingVerdict(failure, decision.bindings);
    case 'incomplete-identity':
    case 'secret-in-other-namespace': {
      const { namespace, name } = decision.identity.metadata;
      const what =
        decision.kind === 'incomplete-identity' ? decision.what : foreignSecretText(decision.identity);
      return fail(
        `AzureIdentity ${namespace}/${name}, which ${pods} would get, ${what}. Agents give no token for it.`,
        command('kubectl edit azureidentity', name, '-n', namespace),
      );
    }
    default:
      return unboundVerdict(failure);
  }
}

function foreignSecretText(identity: AzureIdentity): string {
  const what = 'names a secret of another namespace';
  const pair = secretPairOf(identity);
  return pair === undefined ? what : `${what}, and podid.secretsOfOtherNamespaces does not list ${pair}`;
}

function missingVerdict(
  { evidence, resources, pod, pods }: Failure,
  [binding]: readonly AzureIdentityBinding[],
): Verdict {
  if (binding === undefined) {
    return pass('No binding names an identity that is not there.');
  }
  const { metadata, spec } = binding;
  const missing = explainMissingIdentity(binding, resources.identities);
  return fail(
    `Binding ${entryText(metadata)} has the selector ${spec.selector} of ${pods} and ${missingText(missing, binding)}.`,
    missing.kind === 'identity-misspelt'
      ? patchCommand(binding, { azureIdentity: missing.identity.metadata.name })
      : withFillIn(addCommand(evidence, pod, binding, missing)),
  );
}

function missingText(missing: MissingIdentity, { metadata, spec }: AzureIdentityBinding): string {
  const text = spec.azureIdentity ?? '';
  const named = `names AzureIdentity ${text === text.trim() ? text : JSON.stringify(text)}`;
  switch (missing.kind) {
    case 'identity-unnamed':
      return 'names no AzureIdentity';
    case 'identity-misspelt':
      return `${named}, which does not exist; there is ${missing.identity.metadata.name}`;
    case 'identity-in-other-namespace':
      return `${named}, which is in ${missing.identity.metadata.namespace}; it is looked for in the binding's own namespace, ${metadata.namespace}`;
    case 'identity-missing':
      return `${named}, which does not exist`;
  }
}

function patchCommand(
  { metadata }: AzureIdentityBinding,
  spec: { readonly azureIdentity: string } | { readonly selector: string },
): Command {
  const patch = JSON.stringify({ spec });
  const where = ['-n', metadata.namespace];
  return command(
    'kubectl patch azureidentitybinding',
    metadata.name,
    ...where,
    '--type',
    'merge',
    '-p',
    patch,
  );
}

/** An entry beside the binding, which others may have written: both may have the same selector. */
function addCommand(
  evidence: Evidence,
  { namespace }: Pod,
  { metadata, spec }: AzureIdentityBinding,
  missing: MissingIdentity,
): Command {
  const named = deriveName(spec.azureIdentity || spec.selector || '') || 'web';
  const there = missing.kind === 'identity-in-other-namespace' ? missing.identity.spec.resourceID : undefined;
  return entryCommand('add', evidence, {
    namespace,
    name: metadata.name === `${named}-binding` ? `${named}-pod` : named,
    'binding-selector': spec.selector,
    'identity-resource-id':
      there && isWrittenId(there, managedIdentityType) ? there : idToFillIn(evidence.subject),
  });
}

/** An AzureIdentity of the label's name that nothing binds is most likely meant, and has its name already. */
function bindCommand(
  evidence: Evidence,
  { identities }: IdentityResources,
  { namespace }: Pod,
  label: string,
): Command {
  const name = deriveName(label) || 'web';
  const unbound = identities.find(
    ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
  );
  const id = unbound?.spec.resourceID;
  return entryCommand('add', evidence, {
    namespace,
    name: unbound === undefined ? name : `${name}-pod`,
    'binding-selector': label,
    'identity-resource-id': id && isWrittenId(id, managedIdentityType) ? id : idToFillIn(evidence.subject),
  });
}

function unboundVerdict({ evidence, resources, pod, pods }: Failure): Verdict {
  const value = bindingLabelOf(pod);
  const here = resources.bindings.filter(({ metadata }) => metadata.namespace === pod.namespace);
  const elsewhere = resources.bindings.filter(({ spec }) => spec.selector === value);
  const known = listed(
    here
      .map(({ spec }) => spec.selector ?? '')
      .filter((text) => text !== '')
      .map((text) => (isSelectable(text) ? text : `${JSON.stringify(text)}, which no label can be`)),
  );
  const there =
    elsewhere.length === 0
      ? ''
      : ` It matches one in ${listed(elsewhere.map(({ metadata }) => entryText(metadata)))}, in another namespace.`;
  const meant = here.find(({ spec }) => spec.selector?.trim().toLowerCase() === value.toLowerCase());
  const selector = meant?.spec.selector ?? '';
  const relabel = advice`${command('kubectl label pod', pod.name, '-n', pod.namespace, '--overwrite', `${bindingLabel}=${selector}`)}  # and the same in the template of the workload that creates it`;
  const mend = meant && (isSelectable(selector) ? relabel : patchCommand(meant, { selector: value }));
  return fail(
    `${bindingLabel}=${value} of ${pods} matches no selector in namespace ${pod.namespace}, which has ${known || 'none'}.${there} Selectors must match exactly, including upper and lower case.`,
    mend ?? withFillIn(bindCommand(evidence, resources, pod, value)),
  );
}
