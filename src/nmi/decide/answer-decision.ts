import { oddCharacterOf } from '../../domain/azure/odd-character.ts';
import type { GrantedIdentity, IdentityQuestion } from '../../domain/kubernetes/decide/choose-identity.ts';
import { bindingLabelOf, type PodDecision } from '../../domain/kubernetes/decide/pod-decision.ts';
import { type AzureIdentity, bindingLabel } from '../../domain/kubernetes/identity-resources.ts';
import type { Pod } from '../../domain/kubernetes/pod.ts';
import { type Command, command } from '../../errors/hint.ts';
import { badRequest, type ErrorAnswer, noIdentity, tryLater } from '../http/error-answer.ts';

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

/** A decision that grants nothing, as the caller hears it. */
export function answerOf(asker: Asker, decision: Exclude<PodDecision, GrantedIdentity>): ErrorAnswer {
  const { namespace, name } = asker.pod;
  switch (decision.kind) {
    case 'no-label':
      return withoutLabel(asker.pod);
    case 'no-binding':
    case 'identity-missing':
      return notYetOrNever(asker, decision);
    case 'object-id-asked':
      return badRequest(
        'object-id',
        `Pod ${namespace}/${name} has several pod identities, which cannot be told apart by object id. Ask by client_id or msi_res_id instead.`,
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
  for (const [name, id] of Object.entries({ client_id: clientId, msi_res_id: resourceId })) {
    const odd = oddCharacterOf(id ?? '');
    if (odd !== undefined) {
      return `The query variable ${name} holds ${odd}, which no id has. `;
    }
  }
  return '';
}

function azureIdentityText({ metadata }: AzureIdentity): string {
  return `The AzureIdentity ${metadata.namespace}/${metadata.name}`;
}

/** Of a pod that wants no identity. */
export function withoutLabel({ namespace, name }: Pod): ErrorAnswer {
  return noIdentity(
    'no-label',
    `Pod ${namespace}/${name} has no label ${bindingLabel}. Bind an identity (${command('podid add --namespace', namespace, '--name', 'NAME', '--identity-resource-id', 'ID')}; ${whatIdIs}) and give the pod the label ${bindingLabel}: NAME, a name of your choice.`,
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
  return noIdentity(reason, `${missing} Bind one: ${bindCommand(pod.namespace, label)} (${whatIdIs}).`);
}

const whatIdIs = 'ID is the resource id of a managed identity; podid identity list shows it';

function bindCommand(namespace: string, label: string): Command {
  const selector = ['--binding-selector', label];
  return command('podid add --namespace', namespace, ...selector, '--identity-resource-id', 'ID');
}
