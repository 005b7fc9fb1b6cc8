import {
  type AzureAssignedIdentity,
  type AzureIdentity,
  type AzureIdentityBinding,
  assignedAtAnnotation,
  behaviorAnnotation,
  bindingLabel,
} from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import {
  bindingLabelOf,
  chooseIdentity,
  decidePodIdentity,
  type GrantedIdentity,
  type IdentityQuestion,
  isAskedFor,
  isAssignedTo,
  type PodDecision,
} from '../../domain/kubernetes/pod-decision.ts';
import type { Clock } from '../../domain/time/clock.ts';
import { type Command, command } from '../../errors/hint.ts';
import { type ClusterView, labelKey } from '../cluster/cluster-view.ts';
import type { KnownPod } from '../cluster/pod-index.ts';
import { badRequest, type ErrorAnswer, noIdentity, tryLater } from '../http/error-answer.ts';
import { explainId } from '../http/explain-query.ts';
import type { TokenRequest } from '../http/token-request.ts';
import type { TokenSubject } from '../tokens/token.ts';
import { explainLeftOut } from './explain-left-out.ts';
import { youngMs } from './passing-reasons.ts';

export interface DecisionRules {
  readonly mode: 'standard' | 'managed';
  readonly forceNamespaced: boolean;
  readonly requireChoice: boolean;
}

export interface Decide {
  /**
   * Made anew for every request, from what is known at this moment: a binding that is gone grants nothing,
   * cached token or not.
   */
  identity(pod: KnownPod, request: TokenRequest): IdentityChoice;
  isExcepted(pod: KnownPod): boolean;
  /** What the pod lacks may be late. */
  isYoung(pod: KnownPod): boolean;
}

export function createDecide(
  view: Pick<ClusterView, 'bindings' | 'identities' | 'exceptions' | 'assigned' | 'leftOutIn'>,
  rules: DecisionRules,
  clock: Pick<Clock, 'monotonic'>,
): Decide {
  return {
    isExcepted: (pod) =>
      Object.entries(pod.labels).some(
        ([name, value]) => view.exceptions.with(pod.namespace, labelKey(name, value)).size > 0,
      ),
    isYoung: (pod) => clock.monotonic() - pod.bornAt < youngMs[rules.mode],
    identity(pod, request) {
      const { requireChoice } = rules;
      const asker = { pod, request, requireChoice, isYoung: this.isYoung(pod) };
      const choice =
        rules.mode === 'managed'
          ? chooseManagedIdentity(
              asker,
              view.bindings.with(pod.namespace, bindingLabelOf(pod)).values(),
              view.identities.in(pod.namespace),
            )
          : chooseAssignedIdentity(
              asker,
              view.assigned.in(`${pod.namespace}/${pod.name}`).values(),
              rules.forceNamespaced,
            );
      return choice.kind === 'error' ? explainLeftOut(choice, pod, view) : choice;
    },
  };
}

/** An identity that the pod may use. */
export interface ChosenIdentity extends GrantedIdentity {
  /** Standard mode: since when MIC says that it is on the node, in milliseconds since the epoch; where it is known. */
  readonly assignedMs?: number | undefined;
}

export type IdentityChoice = ChosenIdentity | ErrorAnswer;

export interface Asker extends IdentityQuestion {
  readonly pod: Pod;
  /** The pod's binding may still be on its way. */
  readonly isYoung: boolean;
}

/**
 * Managed mode: what the pod's bindings grant.
 *
 * @param identities of the pod's namespace, by `namespace/name`
 */
export function chooseManagedIdentity(
  asker: Asker,
  bindings: Iterable<AzureIdentityBinding>,
  identities: ReadonlyMap<string, AzureIdentity>,
): IdentityChoice {
  return answerOf(asker, decidePodIdentity(asker, bindings, identities));
}

/**
 * Standard mode: what MIC assigned to the pod, as far as it is for the pod as it is now. `Assigned` counts, and so does the empty state of MIC 1.4;
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
  if (usable.some((identity) => isAskedFor(identity, request))) {
    const choice = answerOf(asker, chooseIdentity(asker, usable));
    return choice.kind === 'error' ? choice : { ...choice, assignedMs: assigned.get(choice.identity) };
  }
  if (created.some((identity) => isAskedFor(identity, request))) {
    const notice = `The identity of pod ${pod.namespace}/${pod.name} is not on the node yet; MIC is still assigning it.`;
    return tryLater('identity-not-assigned', notice, 2);
  }
  if (usable.length > 0) {
    return answerOf(asker, chooseIdentity(asker, usable));
  }
  const label = bindingLabelOf(pod);
  return label === ''
    ? withoutLabel(pod)
    : { ...notYetOrNever(asker, { kind: 'no-binding', label }), awaitsMic: true };
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

/** The decision as the caller hears it. */
function answerOf(asker: Asker, decision: PodDecision): IdentityChoice {
  const { namespace, name } = asker.pod;
  switch (decision.kind) {
    case 'granted':
      return decision;
    case 'no-label':
      return withoutLabel(asker.pod);
    case 'no-binding':
    case 'identity-missing':
      return notYetOrNever(asker, decision);
    case 'object-id-asked':
      return badRequest(
        'object-id',
        'Pod identities cannot be selected by object id. Ask by client_id or msi_res_id instead.',
      );
    case 'other-identity-asked':
      return noIdentity(
        'other-identity-asked',
        `${oddIdText(asker.request)}Pod ${namespace}/${name} has ${decision.candidates} pod identities, and none of them is the one asked for. Ask without client_id and msi_res_id, or bind it: ${bindCommand(namespace, bindingLabelOf(asker.pod))}.`,
      );
    case 'choice-required':
      return badRequest(
        'choice-required',
        `Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request. Pod ${namespace}/${name} has ${decision.candidates}.`,
      );
    case 'incomplete-identity':
      return noIdentity('incomplete-identity', `${azureIdentityText(decision.identity)} ${decision.what}.`);
    case 'secret-in-other-namespace':
      return {
        kind: 'error',
        status: 403,
        error: 'unauthorized_client',
        reason: 'foreign-secret',
        description: `${azureIdentityText(decision.identity)} names a secret of another namespace.`,
      };
  }
}

/** Followed by a blank; empty for ids that may be ids. */
function oddIdText({ clientId, resourceId }: IdentityQuestion['request']): string {
  const odd = explainId('client_id', clientId) ?? explainId('msi_res_id', resourceId);
  return odd === undefined ? '' : `${odd} `;
}

function azureIdentityText({ metadata }: AzureIdentity): string {
  return `The AzureIdentity ${metadata.namespace}/${metadata.name}`;
}

function withoutLabel({ namespace, name }: Pod): ErrorAnswer {
  return noIdentity(
    'no-label',
    `Pod ${namespace}/${name} has no label ${bindingLabel}. Bind an identity (${command('podid add --namespace', namespace, '--name', 'NAME', '--identity-resource-id', 'ID')}) and give the pod the label ${bindingLabel}: NAME.`,
  );
}

function notYetOrNever(
  { pod, isYoung }: Asker,
  { kind, label }: { readonly kind: 'no-binding' | 'identity-missing'; readonly label: string },
): ErrorAnswer {
  const isBound = kind === 'identity-missing';
  const missing = isBound
    ? `An AzureIdentityBinding of namespace ${pod.namespace} has the selector "${label}", but the AzureIdentity it names does not exist.`
    : `Pod ${pod.namespace}/${pod.name} has the label ${bindingLabel}: ${label}, and nothing in namespace ${pod.namespace} is bound to it.`;
  const reason = isBound ? 'no-identity' : 'no-binding';
  if (isYoung) {
    return tryLater(reason, `${missing} The pod is new, so its binding may still be on its way.`, 2);
  }
  return noIdentity(reason, `${missing} Bind one: ${bindCommand(pod.namespace, label)}.`);
}

function bindCommand(namespace: string, label: string): Command {
  const selector = ['--binding-selector', label];
  return command('podid add --namespace', namespace, ...selector, '--identity-resource-id', 'ID');
}

/** Whom an excepted pod asks for: any identity of the node, and without a choice the node's default. */
export function exceptedSubject({
  clientId,
  resourceId,
  objectId,
}: TokenRequest): TokenSubject | ErrorAnswer {
  const given = [clientId, resourceId, objectId].filter((id) => id !== undefined);
  if (given.length > 1) {
    return badRequest('bad-query', 'Only one of client_id, msi_res_id and object_id can be given.');
  }
  return given.length === 0
    ? { kind: 'node-default' }
    : {
        kind: 'managed-identity',
        choice: {
          ...(clientId === undefined ? {} : { clientId }),
          ...(resourceId === undefined ? {} : { resourceId }),
          ...(objectId === undefined ? {} : { objectId }),
        },
      };
}
