import type { PatchAnswer } from '../../arm/machines/patch-identities.ts';
import type { IdentityPatch } from '../../domain/azure/machine-identities.ts';
import { type Machine, type MachineKind, machineTypes } from '../../domain/azure/machines.ts';
import type { Operation, OperationEnd } from '../../domain/azure/operation.ts';
import { parseResourceId } from '../../domain/azure/resource-id.ts';

/** What MIC asks of Azure. Each throws PodidError, and the signal's reason. */
export interface MachineApi {
  list(group: MachineGroup, signal: AbortSignal): Promise<readonly Machine[]>;
  get(machineId: string, signal: AbortSignal): Promise<Machine>;
  patch(machine: Machine, identity: IdentityPatch, signal: AbortSignal): Promise<PatchAnswer>;
  /** How an operation ended, or ends. */
  follow(operation: Operation, signal: AbortSignal): Promise<OperationEnd>;
}

/** Machines that one list answers for. */
export interface MachineGroup {
  readonly kind: MachineKind;
  readonly subscriptionId: string;
  readonly resourceGroup: string;
}

/** @param machineId whole, in any case. @throws RangeError for what is not the id of a machine */
export function groupOf(machineId: string): MachineGroup {
  for (const kind of ['vmss', 'vm'] as const) {
    const id = parseResourceId(machineId, machineTypes[kind]);
    if (id !== undefined) {
      return { kind, subscriptionId: id.subscriptionId, resourceGroup: id.resourceGroup };
    }
  }
  throw new RangeError(`${machineId} is not the id of a machine.`);
}

export function groupKey({ kind, subscriptionId, resourceGroup }: MachineGroup): string {
  return `${kind} ${subscriptionId}/${resourceGroup}`.toLowerCase();
}
