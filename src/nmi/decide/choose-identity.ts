import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  type AzureIdentityBinding,
  behaviorAnnotation,
  bindingLabel,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import { badRequest, type ErrorAnswer, noIdentity, tryLater } from '../http/error-answer.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenSubject } from '../tokens/token.ts';
import { identitySubject } from './identity-subject.ts';

/** The one identity a pod is answered with. */
export interface IdentityGrant {
  readonly kind: 'granted';
  readonly identity: AzureIdentity;
  readonly subject: TokenSubject;
  /** The pod has several, asked for none in particular, and got the first. */
  readonly isArbitrary: boolean;
}

export type IdentityChoice = IdentityGrant | ErrorAnswer;

export interface Asker {
  readonly pod: Pod;
  readonly request: TokenRequest;
  /** Since the pod was created. */
  readonly podAgeMs: number;
  /** `--require-identity-choice`. */
  readonly requireChoice: boolean;
}

/** How long a missing binding is put down to its not having arrived yet. */
const youngPodMs = 60_000;

/**
 * Managed mode: the identities that bindings of the pod's own namespace name, by the pod's label. An empty
 * label or selector matches nothing. Without a choice by the caller the oldest is taken, then the first by
 * name.
 *
 * @param identities of that namespace, by `namespace/name`
 */
export function chooseManagedIdentity(
  asker: Asker,
  bindings: Iterable<AzureIdentityBinding>,
  identities: ReadonlyMap<string, AzureIdentity>,
): IdentityChoice {
  const { pod } = asker;
  const label = labelOf(pod);
  if (label === '') {
    return withoutLabel(pod);
  }
  const bound = new Map<string, AzureIdentity>();
  let matching = 0;
  for (const { metadata, spec } of bindings) {
    if (spec.selector === label && metadata.namespace === pod.namespace) {
      matching += 1;
      const key = `${pod.namespace}/${spec.azureIdentity}`;
      const identity = identities.get(key);
      if (identity !== undefined) {
        bound.set(key, identity);
      }
    }
  }
  return bound.size === 0 ? notYetOrNever(asker, label, matching > 0) : pickOne(asker, [...bound.values()]);
}

/**
 * Standard mode: what MIC assigned to the pod. `Assigned` counts, and so does the empty state of MIC 1.4;
 * `Created` may become one of them.
 *
 * @param assignments of this pod
 */
export function chooseAssignedIdentity(
  asker: Asker,
  assignments: Iterable<AzureAssignedIdentity>,
  forceNamespaced: boolean,
): IdentityChoice {
  const { pod, request } = asker;
  const usable: AzureIdentity[] = [];
  const created: AzureIdentity[] = [];
  for (const { metadata, spec, status } of assignments) {
    const identity = spec.azureIdentityRef;
    const isHis = spec.pod === pod.name && spec.podNamespace === pod.namespace;
    if (
      identity !== undefined &&
      isHis &&
      isVouchedFor(identity, metadata.namespace) &&
      mayCross(identity, pod, forceNamespaced)
    ) {
      const state = status?.status ?? '';
      if (state === '' || state === 'Assigned') {
        usable.push(identity);
      } else if (state === 'Created') {
        created.push(identity);
      }
    }
  }
  if (usable.some((identity) => isAskedFor(identity, request))) {
    return pickOne(asker, usable);
  }
  if (created.some((identity) => isAskedFor(identity, request))) {
    const notice = `The identity of pod ${pod.namespace}/${pod.name} is not on the node yet; MIC is still assigning it.`;
    return { ...tryLater('identity-not-assigned', notice, 5), pending: 'created' };
  }
  if (usable.length > 0) {
    return pickOne(asker, usable);
  }
  const label = labelOf(pod);
  return label === '' ? withoutLabel(pod) : { ...notYetOrNever(asker, label, false), pending: 'nothing' };
}

function pickOne(asker: Asker, candidates: readonly AzureIdentity[]): IdentityChoice {
  const { pod, request } = asker;
  if (request.objectId !== undefined) {
    return badRequest(
      'object-id',
      'Pod identities are not known by their object id here. Ask by client_id or msi_res_id instead.',
    );
  }
  const asked = candidates.filter((identity) => isAskedFor(identity, request)).sort(byAge);
  const [first] = asked;
  if (first === undefined) {
    return noIdentity(
      'other-identity-asked',
      `Pod ${pod.namespace}/${pod.name} has ${candidates.length} pod identities, and the one asked for is none of them. Ask without client_id and msi_res_id, or bind it: podid add --namespace ${pod.namespace} --binding-selector ${labelOf(pod)} --identity-resource-id ID.`,
    );
  }
  const isArbitrary = asked.length > 1;
  if (isArbitrary && asker.requireChoice) {
    return badRequest(
      'choice-required',
      `Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request. Pod ${pod.namespace}/${pod.name} has ${asked.length}.`,
    );
  }
  const subject = identitySubject(first);
  return subject.kind === 'error' ? subject : { kind: 'granted', identity: first, subject, isArbitrary };
}

function isAskedFor({ spec }: AzureIdentity, { clientId, resourceId }: TokenRequest): boolean {
  return (
    (clientId === undefined || spec.clientID?.toLowerCase() === clientId) &&
    (resourceId === undefined || spec.resourceID?.toLowerCase() === resourceId)
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

function labelOf(pod: Pod): string {
  return Object.hasOwn(pod.labels, bindingLabel) ? (pod.labels[bindingLabel] ?? '') : '';
}

function withoutLabel({ namespace, name }: Pod): ErrorAnswer {
  return noIdentity(
    'no-label',
    `Pod ${namespace}/${name} has no label ${bindingLabel}. Bind an identity (podid add --namespace ${namespace} --name NAME --identity-resource-id ID) and give the pod the label ${bindingLabel}: NAME.`,
  );
}

function notYetOrNever({ pod, podAgeMs }: Asker, label: string, isBound: boolean): ErrorAnswer {
  const missing = isBound
    ? `An AzureIdentityBinding of namespace ${pod.namespace} has the selector "${label}", but the AzureIdentity it names does not exist.`
    : `Pod ${pod.namespace}/${pod.name} has the label ${bindingLabel}: ${label}, and nothing in namespace ${pod.namespace} is bound to it.`;
  const reason = isBound ? 'no-identity' : 'no-binding';
  if (podAgeMs < youngPodMs) {
    return tryLater(reason, `${missing} The pod is young; it may be on its way.`, 5);
  }
  const way = `podid add --namespace ${pod.namespace} --binding-selector ${label} --identity-resource-id ID`;
  return noIdentity(reason, `${missing} Bind one: ${way}.`);
}
