import { chooseIdentity, isAskedFor } from '../../domain/kubernetes/decide/choose-identity.ts';
import { bindingLabelOf, isAssignedTo } from '../../domain/kubernetes/decide/pod-decision.ts';
import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  assignedAtAnnotation,
  behaviorAnnotation,
  bindingLabel,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import { command } from '../../errors/hint.ts';
import { type ErrorAnswer, noIdentity, tryLater } from '../http/error-answer.ts';
import { type Asker, answerOf, type IdentityChoice, withoutLabel } from './answer-decision.ts';

/**
 * Standard mode: what MIC assigned to the pod, as far as it is for the pod as it is now. `Assigned` counts, and so
 * does the empty state of MIC 1.4; `Created` may become one of them.
 *
 * @param assignments of this pod
 */
export function chooseAssignedIdentity(
  asker: Asker,
  assignments: Iterable<AzureAssignedIdentity>,
  forceNamespaced: boolean,
): IdentityChoice {
  const { pod, request } = asker;
  const assigned = new Map<AzureIdentity, number | undefined>();
  const created: AzureIdentity[] = [];
  for (const assignment of assignments) {
    const { metadata, spec, status } = assignment;
    const identity = spec.azureIdentityRef;
    if (
      identity !== undefined &&
      isAssignedTo(pod, assignment) &&
      isVouchedFor(identity, metadata.namespace) &&
      mayCross(identity, pod, forceNamespaced)
    ) {
      const state = status?.status ?? '';
      if (state === '' || state === 'Assigned') {
        assigned.set(identity, assignedMsOf(assignment));
      } else if (state === 'Created') {
        created.push(identity);
      }
    }
  }
  const usable = [...assigned.keys()];
  const pending = created.some((identity) => isAskedFor(identity, request));
  if (pending && !usable.some((identity) => isAskedFor(identity, request))) {
    const notice = `The identity of pod ${pod.namespace}/${pod.name} is not on the node yet; MIC is still assigning it.`;
    return tryLater('identity-not-assigned', notice, 2);
  }
  if (usable.length > 0) {
    const choice = chooseIdentity(asker, usable);
    return choice.kind === 'granted'
      ? { ...choice, assignedMs: assigned.get(choice.identity) }
      : answerOf(asker, choice);
  }
  const label = bindingLabelOf(pod);
  return label === '' ? withoutLabel(pod) : { ...unassigned(asker, label), awaitsMic: true };
}

/** Whether a binding is missing or MIC is at fault, the agent does not know: it watches neither. */
function unassigned({ pod, isYoung }: Asker, label: string): ErrorAnswer {
  const { namespace, name } = pod;
  const missing = `Pod ${namespace}/${name} has the label ${bindingLabel}: ${label}, and MIC has assigned it no identity for that.`;
  if (isYoung) {
    return tryLater('no-binding', `${missing} The pod is new, so that may still come.`, 2);
  }
  const look = command('podid doctor --namespace', namespace, '--pod', name);
  return noIdentity('no-binding', `${missing} No binding has that selector, or MIC does not work: ${look}.`);
}

/** podid's controller writes it; of upstream's is known when it wrote the object, a little earlier. */
function assignedMsOf({ metadata }: AzureAssignedIdentity): number | undefined {
  const written = metadata.annotations?.[assignedAtAnnotation] ?? metadata.creationTimestamp ?? '';
  return Date.parse(written) || undefined;
}

/**
 * MIC files an assignment beside its identity, or in `default`. A copy that claims to come from elsewhere
 * would let whoever may write assignments in one namespace use the secrets of another.
 */
function isVouchedFor(identity: AzureIdentity, assignmentNamespace: string): boolean {
  return assignmentNamespace === 'default' || assignmentNamespace === identity.metadata.namespace;
}

function mayCross(identity: AzureIdentity, pod: Pod, forceNamespaced: boolean): boolean {
  const confined = forceNamespaced || identity.metadata.annotations?.[behaviorAnnotation] === 'namespaced';
  return !confined || identity.metadata.namespace === pod.namespace;
}
