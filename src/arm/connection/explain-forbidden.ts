import { advice, command, othersText } from '../../errors/hint.ts';
import type { ArmFault } from './arm-answer.ts';
import type { ArmRequest, KnownFault } from './arm-request.ts';
import { messageOf } from './fault-text.ts';

/**
 * What a 403 means. Azure's sentence is in the message whatever it is; podid's reading of it claims what the sentence
 * supports, and no more.
 */
export function forbidden(fault: ArmFault, request: ArmRequest): KnownFault {
  const { doing } = request;
  if (fault.code === 'RequestDisallowedByPolicy' || fault.code === 'PolicyViolation') {
    return {
      code: 'AzureRefused',
      message: `A policy does not let you ${doing}: ${messageOf(fault)}`,
      hint: advice`Ask whoever owns the Azure Policy for an exemption; a role does not help.`,
    };
  }
  if (fault.code.startsWith('RequestDisallowed')) {
    return {
      code: 'AzureRefused',
      message: `Azure refused to ${doing}: ${messageOf(fault)}`,
      hint: advice`Do what Azure names; a role does not help.`,
    };
  }
  const caller = request.caller();
  const linked = fault.code === 'LinkedAuthorizationFailed' ? linkedAction(fault.message) : undefined;
  if (linked !== undefined) {
    return missing(`${caller} may not ${doing}`, linked, fault);
  }
  if (fault.code === 'AuthorizationFailed' || (fault.code === '' && fault.message === '')) {
    return missing(`${caller} may not ${doing}`, namedAction(fault.message) ?? request, fault);
  }
  return {
    code: 'Forbidden',
    message: `${caller} may not ${doing}: ${messageOf(fault)}`,
    hint: advice`Do what Azure names. The right for this itself is ${othersText(request.action)} on ${othersText(request.scope)}.`,
  };
}

interface Missing {
  readonly action: string;
  readonly scope: string;
}

function missing(start: string, { action, scope }: Missing, fault: ArmFault): KnownFault {
  return {
    code: 'Forbidden',
    message: `${start}: ${action} is missing on ${scope}.${saidBy(fault)}`,
    hint: /\/virtualNetworks\//i.test(scope)
      ? advice`Have an owner give it: ${command('az role assignment create --role', 'Network Contributor', '--scope', scope, '--assignee', 'PRINCIPAL')}`
      : advice`Ask an owner for a role that allows ${othersText(action)} on ${othersText(scope)}.`,
  };
}

/** Azure's sentence, behind podid's reading of it. */
export function saidBy(fault: ArmFault): string {
  return fault.message === '' ? '' : ` Azure: ${messageOf(fault)}`;
}

/** The action and scope that ARM's sentence says are missing, behind those that it says are there. */
function linkedAction(message: string): Missing | undefined {
  const [, action, scope] =
    /does not have permission to perform action\(?s?\)? '([^']+)' on the linked scope\(?s?\)? '([^']+)'/i.exec(
      message,
    ) ?? [];
  return action === undefined || scope === undefined ? undefined : { action, scope };
}

/** The action and scope that ARM's sentence says are missing. */
export function namedAction(message: string): Missing | undefined {
  const [, action, scope] =
    /does not have authorization to perform action '([^']+)' over scope '([^']+)'/i.exec(message) ?? [];
  return action === undefined || scope === undefined ? undefined : { action, scope };
}
