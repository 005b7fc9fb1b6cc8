import { createHash } from 'node:crypto';
import { isConfined } from '../../domain/kubernetes/decide/binding-fit.ts';
import type { Assignment } from '../../domain/standard-mode/desired-assignments.ts';

/** Namespace and name of an AzureAssignedIdentity. */
export interface AssignmentName {
  readonly namespace: string;
  readonly name: string;
}

/** Where upstream puts assignments that are not confined to a namespace, whatever its own is. */
const sharedNamespace = 'default';
const longestName = 253;
const podPart = 40;

/**
 * Upstream's name where it can be had; else one that no other pod and identity leads to.
 *
 * @param isTaken whether another pod and identity has that name
 */
export function nameAssignment(
  { pod, identity }: Pick<Assignment, 'pod' | 'identity'>,
  forceNamespaced: boolean,
  isTaken: (name: AssignmentName) => boolean,
): AssignmentName {
  const { namespace: home, name: identityName } = identity.metadata;
  const namespace = isConfined(identity, forceNamespaced) ? home : sharedNamespace;
  const upstream = `${pod.name}-${pod.namespace}-${identityName}`;
  if (upstream.length <= longestName && !isTaken({ namespace, name: upstream })) {
    return { namespace, name: upstream };
  }
  const facts = `${pod.namespace}/${pod.name}/${home}/${identityName}`;
  const hash = createHash('sha256').update(facts).digest('hex').slice(0, 16);
  // A part of a name ends with a letter or a digit.
  const start = pod.name.slice(0, podPart).replace(/[^a-z0-9]+$/, '');
  return { namespace, name: `${start}-${hash}` };
}
