import type { Machine } from '../../domain/azure/machines.ts';
import { advice, command, othersText } from '../../errors/hint.ts';
import { identityNamedIn } from '../clusters/map-aks-error.ts';
import type { ArmFault } from '../connection/arm-answer.ts';
import type { KnownFault } from '../connection/arm-request.ts';
import { namedAction, saidBy } from '../connection/explain-forbidden.ts';
import { messageOf } from '../connection/fault-text.ts';

/** A write of a machine, as far as its refusals go. */
export interface MachineWrite {
  readonly machine: Pick<Machine, 'resourceId' | 'name' | 'kind' | 'identityIds'>;
  /** That the write adds or takes away. */
  readonly identityIds: readonly string[];
  /** The right that it takes on the machine. */
  readonly action: string;
  readonly caller: () => string;
}

/** Locks and states of the subscription have a hint of their own among the general errors. */
const toldElsewhere = [
  'ScopeLocked',
  'MissingSubscriptionRegistration',
  'ReadOnlyDisabledSubscription',
  'ResourceGroupBeingDeleted',
];

/** What a write of a machine is refused with. Undefined: nothing that means more here than elsewhere. */
export function mapMachineFault(fault: ArmFault, write: MachineWrite): KnownFault | undefined {
  const { status, code } = fault;
  if (fault.isOtherManagers || toldElsewhere.includes(code) || code.startsWith('RequestDisallowedBy')) {
    return undefined;
  }
  if (status === 403) {
    return forbidden(fault, write);
  }
  if (status === 409) {
    return busy(fault, write);
  }
  if (status === 412) {
    return {
      code: 'StaleMachine',
      message: `${write.machine.name} changed between reading and writing.${saidBy(fault)}`,
    };
  }
  if (status === 400 || status === 422) {
    return refused(fault, write);
  }
  return undefined;
}

function forbidden(fault: ArmFault, write: MachineWrite): KnownFault {
  const { machine } = write;
  if (fault.code === 'LinkedAuthorizationFailed') {
    const identity = identityIn(fault, write) ?? 'one of the identities';
    const assign = 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action';
    return {
      code: 'AssignForbidden',
      message: `${write.caller()} may change ${machine.name} but may not assign ${identity}: ${assign} is missing there.${saidBy(fault)}`,
      hint: command(
        'az role assignment create --assignee PRINCIPAL --role',
        'Managed Identity Operator',
        '--scope',
        identityIn(fault, write) ?? 'IDENTITY',
      ),
    };
  }
  if (fault.code === 'DenyAssignmentAuthorizationFailed') {
    return {
      code: 'AssignForbidden',
      message: `A deny assignment keeps you from changing ${machine.name}: ${messageOf(fault)}`,
      hint: advice`Where AKS locks the node resource group: az aks update -g GROUP -n CLUSTER --nrg-lockdown-restriction-level Unrestricted`,
    };
  }
  const isOther = fault.code !== 'AuthorizationFailed' && fault.message !== '';
  const { action, scope } = namedAction(fault.message) ?? { action: write.action, scope: machine.resourceId };
  return {
    code: 'AssignForbidden',
    message: `${write.caller()} may not change ${machine.name}: ${isOther ? messageOf(fault) : `${action} is missing on ${scope}.${saidBy(fault)}`}`,
    hint: advice`Ask an owner for a role that allows ${othersText(action)} on ${othersText(scope)}, such as "Virtual Machine Contributor".`,
  };
}

function busy(fault: ArmFault, { machine }: MachineWrite): KnownFault {
  return {
    code: 'MachineBusy',
    message: `Another operation is running on ${machine.name}: ${messageOf(fault)}`,
    hint: advice`Run the same command again when it has ended.`,
  };
}

function refused(fault: ArmFault, write: MachineWrite): KnownFault {
  return {
    code: 'AssignRefused',
    message: `Azure refused to change the identities of ${write.machine.name}: ${messageOf(fault)}`,
    hint: advice`Fix what Azure names, then run the same command again. To see what is there: ${command('podid node list')}`,
    target: identityIn(fault, write) ?? write.machine.resourceId,
  };
}

/** The one identity, among those involved, that Azure's words hold. */
function identityIn({ message, innermost }: ArmFault, write: MachineWrite): string | undefined {
  const ids = [...write.identityIds, ...write.machine.identityIds];
  return identityNamedIn(
    `${message} ${innermost.message}`,
    ids.map((resourceId) => ({ resourceId, clientId: '', objectId: '' })),
  );
}
